//! [`LogStorage`] as tansu's storage: records to the segments, the rest to the catalogue.

use super::{LogStorage, is_topic_name};
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};
use tansu_sans_io::create_topics_request::CreatableTopic;
use tansu_sans_io::delete_groups_response::DeletableGroupResult;
use tansu_sans_io::delete_records_request::DeleteRecordsTopic;
use tansu_sans_io::delete_records_response::DeleteRecordsTopicResult;
use tansu_sans_io::describe_cluster_response::DescribeClusterBroker;
use tansu_sans_io::describe_configs_response::DescribeConfigsResult;
use tansu_sans_io::describe_topic_partitions_response::DescribeTopicPartitionsResponseTopic;
use tansu_sans_io::incremental_alter_configs_request::AlterConfigsResource;
use tansu_sans_io::incremental_alter_configs_response::AlterConfigsResourceResponse;
use tansu_sans_io::list_groups_response::ListedGroup;
use tansu_sans_io::record::deflated;
use tansu_sans_io::txn_offset_commit_response::TxnOffsetCommitResponseTopic;
use tansu_sans_io::{ConfigResource, ErrorCode, IsolationLevel, ListOffset, ScramMechanism};
use tansu_storage::{
    BrokerRegistrationRequest, Error, GroupDetail, ListOffsetResponse, MetadataResponse, NamedGroupDetail,
    OffsetCommitRequest, OffsetStage, ProducerIdResponse, Result, ScramCredential, Storage, TopicId, Topition,
    TxnAddPartitionsRequest, TxnAddPartitionsResponse, TxnOffsetCommitRequest, UpdateError, Version,
};
use url::Url;
use uuid::Uuid;

/// Transactions are not offered: nothing of ours uses them.
const NO_TRANSACTIONS: ErrorCode = ErrorCode::TransactionalIdAuthorizationFailed;

#[async_trait]
impl Storage for LogStorage {
    async fn produce(&self, transaction_id: Option<&str>, topition: &Topition, batch: deflated::Batch) -> Result<i64> {
        if transaction_id.is_some() {
            return Err(Error::Api(NO_TRANSACTIONS));
        }
        self.append(topition, batch).await
    }

    async fn fetch(
        &self,
        topition: &Topition,
        offset: i64,
        _min_bytes: u32,
        max_bytes: u32,
        _isolation: IsolationLevel,
    ) -> Result<Vec<deflated::Batch>> {
        self.read(topition, offset, max_bytes).await
    }

    async fn offset_stage(&self, topition: &Topition) -> Result<OffsetStage> {
        self.stage(topition).await
    }

    async fn list_offsets(
        &self,
        _isolation: IsolationLevel,
        offsets: &[(Topition, ListOffset)],
    ) -> Result<Vec<(Topition, ListOffsetResponse)>> {
        let mut answers = Vec::with_capacity(offsets.len());
        for (topition, wanted) in offsets {
            let answer = match (self.range(topition).await, wanted) {
                (Err(Error::Api(error_code)), _) => ListOffsetResponse { error_code, ..Default::default() },
                (Err(other), _) => return Err(other),
                (Ok((low, _)), ListOffset::Earliest) => ListOffsetResponse { offset: Some(low), ..Default::default() },
                (Ok((_, high)), ListOffset::Latest) => ListOffsetResponse { offset: Some(high), ..Default::default() },
                // Records are not found by their time; nothing of ours asks.
                (Ok(_), ListOffset::Timestamp(_)) => {
                    ListOffsetResponse { error_code: ErrorCode::UnsupportedVersion, ..Default::default() }
                }
            };
            answers.push((topition.clone(), answer));
        }
        Ok(answers)
    }

    async fn init_producer(
        &self,
        transaction_id: Option<&str>,
        _transaction_timeout_ms: i32,
        producer_id: Option<i64>,
        producer_epoch: Option<i16>,
    ) -> Result<ProducerIdResponse> {
        if transaction_id.is_some() {
            return Ok(ProducerIdResponse { error: NO_TRANSACTIONS, id: -1, epoch: -1 });
        }
        // A producer that asks again with its id wants to begin its sequences anew.
        Ok(match (producer_id, producer_epoch) {
            (Some(id), Some(epoch)) if id >= 0 && (0..i16::MAX).contains(&epoch) => {
                ProducerIdResponse { error: ErrorCode::None, id, epoch: epoch + 1 }
            }
            _ => ProducerIdResponse { error: ErrorCode::None, id: self.new_producer(), epoch: 0 },
        })
    }

    async fn maintain(&self, now: SystemTime) -> Result<()> {
        self.retain(now).await
    }

    async fn metadata(&self, topics: Option<&[TopicId]>) -> Result<MetadataResponse> {
        match topics {
            Some([topic]) => self.topic_metadata(topic).await,
            _ => self.catalogue.metadata(topics).await,
        }
    }

    async fn create_topic(&self, topic: CreatableTopic, validate_only: bool) -> Result<Uuid> {
        if !is_topic_name(&topic.name) {
            return Err(Error::Api(ErrorCode::InvalidTopicException));
        }
        let created = self.catalogue.create_topic(topic, validate_only).await;
        self.forget_metadata();
        created
    }

    async fn delete_topic(&self, topic: &TopicId) -> Result<ErrorCode> {
        let name = self.catalogue.metadata(Some(std::slice::from_ref(topic))).await?;
        let name = name.topics().iter().find_map(|found| found.name.clone());
        let outcome = self.catalogue.delete_topic(topic).await?;
        self.forget_metadata();
        if let Some(name) = name.filter(|name| outcome == ErrorCode::None && is_topic_name(name)) {
            self.forget_records(&name).await?;
        }
        Ok(outcome)
    }

    async fn delete_records(&self, _topics: &[DeleteRecordsTopic]) -> Result<Vec<DeleteRecordsTopicResult>> {
        // The catalogue's own answer is a panic.
        Err(Error::Api(ErrorCode::UnsupportedVersion))
    }

    async fn register_broker(&self, broker: BrokerRegistrationRequest) -> Result<()> {
        self.catalogue.register_broker(broker).await
    }

    async fn incremental_alter_resource(&self, resource: AlterConfigsResource) -> Result<AlterConfigsResourceResponse> {
        self.catalogue.incremental_alter_resource(resource).await
    }

    async fn brokers(&self) -> Result<Vec<DescribeClusterBroker>> {
        self.catalogue.brokers().await
    }

    async fn offset_commit(
        &self,
        group: &str,
        retention: Option<Duration>,
        offsets: &[(Topition, OffsetCommitRequest)],
    ) -> Result<Vec<(Topition, ErrorCode)>> {
        self.catalogue.offset_commit(group, retention, offsets).await
    }

    async fn offset_fetch(
        &self,
        group: Option<&str>,
        topics: &[Topition],
        require_stable: Option<bool>,
    ) -> Result<BTreeMap<Topition, i64>> {
        self.catalogue.offset_fetch(group, topics, require_stable).await
    }

    async fn committed_offset_topitions(&self, group: &str) -> Result<BTreeMap<Topition, i64>> {
        self.catalogue.committed_offset_topitions(group).await
    }

    async fn upsert_user_scram_credential(
        &self,
        user: &str,
        mechanism: ScramMechanism,
        credential: ScramCredential,
    ) -> Result<()> {
        self.catalogue.upsert_user_scram_credential(user, mechanism, credential).await
    }

    async fn delete_user_scram_credential(&self, user: &str, mechanism: ScramMechanism) -> Result<()> {
        self.catalogue.delete_user_scram_credential(user, mechanism).await
    }

    async fn user_scram_credential(&self, user: &str, mechanism: ScramMechanism) -> Result<Option<ScramCredential>> {
        self.catalogue.user_scram_credential(user, mechanism).await
    }

    async fn describe_config(
        &self,
        name: &str,
        resource: ConfigResource,
        keys: Option<&[String]>,
    ) -> Result<DescribeConfigsResult> {
        self.catalogue.describe_config(name, resource, keys).await
    }

    async fn list_groups(&self, states: Option<&[String]>) -> Result<Vec<ListedGroup>> {
        self.catalogue.list_groups(states).await
    }

    async fn delete_groups(&self, groups: Option<&[String]>) -> Result<Vec<DeletableGroupResult>> {
        self.catalogue.delete_groups(groups).await
    }

    async fn describe_groups(
        &self,
        groups: Option<&[String]>,
        _include_authorized_operations: bool,
    ) -> Result<Vec<NamedGroupDetail>> {
        Ok(groups.unwrap_or_default().iter().map(|group| self.describe_group(group)).collect())
    }

    async fn describe_topic_partitions(
        &self,
        topics: Option<&[TopicId]>,
        partition_limit: i32,
        cursor: Option<Topition>,
    ) -> Result<Vec<DescribeTopicPartitionsResponseTopic>> {
        self.catalogue.describe_topic_partitions(topics, partition_limit, cursor).await
    }

    async fn update_group(
        &self,
        group: &str,
        detail: GroupDetail,
        version: Option<Version>,
    ) -> Result<Version, UpdateError<GroupDetail>> {
        self.replace_group(group, detail, version.as_ref())
    }

    async fn txn_add_offsets(
        &self,
        _transaction_id: &str,
        _producer_id: i64,
        _producer_epoch: i16,
        _group: &str,
    ) -> Result<ErrorCode> {
        Ok(NO_TRANSACTIONS)
    }

    async fn txn_add_partitions(&self, _partitions: TxnAddPartitionsRequest) -> Result<TxnAddPartitionsResponse> {
        Err(Error::Api(NO_TRANSACTIONS))
    }

    async fn txn_offset_commit(&self, _offsets: TxnOffsetCommitRequest) -> Result<Vec<TxnOffsetCommitResponseTopic>> {
        Err(Error::Api(NO_TRANSACTIONS))
    }

    async fn txn_end(
        &self,
        _transaction_id: &str,
        _producer_id: i64,
        _producer_epoch: i16,
        _committed: bool,
    ) -> Result<ErrorCode> {
        Ok(NO_TRANSACTIONS)
    }

    async fn cluster_id(&self) -> Result<String> {
        self.catalogue.cluster_id().await
    }

    async fn node(&self) -> Result<i32> {
        self.catalogue.node().await
    }

    async fn advertised_listener(&self) -> Result<Url> {
        self.catalogue.advertised_listener().await
    }

    async fn ping(&self) -> Result<()> {
        self.catalogue.ping().await
    }
}
