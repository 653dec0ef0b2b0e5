import { formatCount } from "../format-quantity.ts";
import type { Terminal } from "../terminal.ts";

/** A line that tells how far a sweep is and how long it takes yet. */
export interface Progress {
  update(finished: number, planned: number): void;
  stop(): void;
}

/** ms between two lines where no bar can be drawn: what is over sooner says nothing. */
const PATIENCE = 30_000;

/** A progress bar on standard error if it is a terminal, otherwise a line every half minute.
 *  @param part what of a longer work it is. */
export async function openProgress(
  terminal: Terminal,
  planned: number,
  finished: number,
  part?: string,
): Promise<Progress> {
  const before = part === undefined ? "" : `${part}: `;
  if (!terminal.live) return progressLines(terminal.warn, before, finished, () => performance.now());
  const { default: cliProgress } = await import("cli-progress");
  const bar = new cliProgress.SingleBar(
    {
      format: `${before}{bar} {value} of {total} runs, {eta_formatted} left`,
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

/** Lines on how far it is, each at least half a minute behind the one before. @param now ms. */
export function progressLines(
  warn: (line: string) => void,
  before: string,
  finished: number,
  now: () => number,
): Progress {
  const begin = now();
  let last = begin;
  return {
    update: (done, planned) => {
      const time = now();
      if (time - last < PATIENCE || done <= finished) return;
      last = time;
      const left = ((time - begin) / (done - finished)) * (planned - done);
      warn(`${before}${formatCount(done)} of ${formatCount(planned)} runs, ${formatLeft(left)} left`);
    },
    stop: () => {},
  };
}

function formatLeft(ms: number): string {
  return ms < 90_000 ? `about ${Math.ceil(ms / 10_000) * 10} s` : `about ${Math.round(ms / 60_000)} min`;
}
