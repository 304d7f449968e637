//! The *guard*: what may be asked. One statement, a question, over the tables and views of the lake.

use crate::Error;
use datafusion::execution::context::SQLOptions;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::SessionContext;
use datafusion::sql::parser::{DFParser, Statement};
use datafusion::sql::sqlparser::ast::Statement as SqlStatement;

/// Plans `text` where it is one question.
///
/// # Errors
/// [`Error::Syntax`], [`Error::StatementCount`], [`Error::NotAQuestion`], [`Error::Plan`].
pub(crate) async fn plan(context: &SessionContext, text: &str) -> Result<LogicalPlan, Error> {
    let mut statements = DFParser::parse_sql(text).map_err(Error::Syntax)?;
    let found = statements.len();
    let (1, Some(statement)) = (found, statements.pop_front()) else {
        return Err(Error::StatementCount { found });
    };
    if !is_question(&statement) {
        return Err(Error::NotAQuestion);
    }
    let plan = context.state().statement_to_plan(statement).await.map_err(Error::Plan)?;
    let options = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    options.verify_plan(&plan).map_err(|_| Error::NotAQuestion)?;
    Ok(plan)
}

fn is_question(statement: &Statement) -> bool {
    match statement {
        Statement::Explain(explain) => is_question(&explain.statement),
        Statement::Statement(statement) => matches!(
            **statement,
            SqlStatement::Query(_) | SqlStatement::ShowTables { .. } | SqlStatement::ShowColumns { .. }
        ),
        _ => false,
    }
}
