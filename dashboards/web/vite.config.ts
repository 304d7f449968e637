import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/** `vite --mode fixture` answers the interface from a synthetic data set, so that the page can be worked on alone. */
function fixture(): Plugin {
  return {
    name: "fixture",
    apply: (_, { mode }) => mode === "fixture",
    configureServer(server) {
      server.middlewares.use("/api/v1", (request, response) => {
        void server.ssrLoadModule("/src/data/fixture.ts").then((module) => {
          const answer = (module.answer as (address: string) => unknown)(request.url ?? "/");
          response.statusCode = answer === undefined ? 404 : 200;
          response.setHeader("content-type", "application/json");
          response.end(JSON.stringify(answer ?? { title: "No such address" }));
        });
      });
    },
  };
}

export default defineConfig({
  plugins: [react(), fixture()],
  build: { target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false }, chunkSizeWarningLimit: 900 },
  server: { host: "127.0.0.1", proxy: { "/api": process.env.TIDEMARK ?? "http://127.0.0.1:8377" } },
});
