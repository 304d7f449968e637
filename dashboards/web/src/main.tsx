import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { ProblemError } from "./data/api";
import { applyTheme, storedTheme } from "./theme";
import "./styles/base.css";
import "./styles/parts.css";

applyTheme(storedTheme());

const client = new QueryClient({
  defaultOptions: {
    queries: {
      // What the server refused once it refuses again; a server that is away comes back, and is asked on its interval.
      retry: (failures, error) => !(error instanceof ProblemError) && failures < 1,
      refetchIntervalInBackground: false,
    },
  },
});

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <App />
      </QueryClientProvider>
    </StrictMode>,
  );
}
