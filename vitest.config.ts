import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "bench/**/*.test.ts"],
    setupFiles: ["./vitest.setup.ts"],
    testTimeout: 60_000,
    // No test changes what a module holds, so files may share their modules: a third of the time goes otherwise into loading.
    isolate: false,
    // Vitest would leave one core to itself.
    maxWorkers: "100%",
  },
});
