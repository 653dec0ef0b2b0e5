import { formatCount } from "../format-quantity.ts";
import type { Terminal } from "../terminal.ts";

/** A line that tells how far a sweep is and how long it takes yet. */
export interface Progress {
  update(finished: number, planned: number): void;
  stop(): void;
}

const SILENT: Progress = { update: () => {}, stop: () => {} };

/** A progress bar on standard error if it is a terminal, nothing otherwise. */
export async function openProgress(terminal: Terminal, planned: number, finished: number): Promise<Progress> {
  if (!terminal.live) return SILENT;
  const { default: cliProgress } = await import("cli-progress");
  const bar = new cliProgress.SingleBar(
    {
      format: "{bar} {value} of {total} runs, {eta_formatted} left",
      formatValue: (value, _options, type) =>
        type === "value" || type === "total" ? formatCount(value) : String(value),
      stream: process.stderr,
      hideCursor: null,
      clearOnComplete: true,
      etaBuffer: 50,
    },
    cliProgress.Presets.shades_classic,
  );
  bar.start(planned, finished);
  return {
    update: (now, total) => {
      bar.setTotal(total);
      bar.update(now);
    },
    stop: () => bar.stop(),
  };
}
