#!/usr/bin/env node
// Starts sluice.ts on a Node that runs TypeScript: the one at work if it does, else the one `npm ci` put into
// node_modules. Plain JavaScript, because an older Node has to be able to read this file.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import module from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const WANTED_MAJOR = 24;

if (Number.parseInt(process.versions.node, 10) >= WANTED_MAJOR) {
  // Files whose types were stripped are kept, in the folder for temporary files: from the second start on it takes half the time.
  module.enableCompileCache();
  await import("./sluice.ts");
} else {
  const suffix = process.platform === "win32" ? ".exe" : "";
  const pinned = fileURLToPath(new URL(`../../node_modules/node/bin/node${suffix}`, import.meta.url));
  if (existsSync(pinned)) {
    const main = fileURLToPath(new URL("./sluice.ts", import.meta.url));
    // The same cache as above, which this Node may be too old to switch on.
    const env = { NODE_COMPILE_CACHE: join(tmpdir(), "node-compile-cache"), ...process.env };
    const child = spawnSync(pinned, [main, ...process.argv.slice(2)], { stdio: "inherit", env });
    if (child.error !== undefined) throw child.error;
    if (child.signal !== null) process.kill(process.pid, child.signal);
    process.exitCode = child.status ?? 3;
  } else {
    console.error(
      `Cannot start sluice: this is Node ${process.versions.node}, wanted Node ${WANTED_MAJOR}, which \`npm ci\` installs`,
    );
    process.exitCode = 2;
  }
}
