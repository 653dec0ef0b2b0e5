import type { PipelineObserver } from "../pipeline/index.ts";

type Listener = (...facts: never[]) => void;

/** One observer that tells each thing to `first`, then to those of `others` that listen to it. */
export function combineObservers(
  first: PipelineObserver,
  others: readonly Partial<PipelineObserver>[],
): PipelineObserver {
  const combined: Record<string, Listener> = {};
  for (const name of Object.keys(first) as (keyof PipelineObserver)[]) {
    const listeners = [first, ...others].flatMap((observer): Listener[] => {
      const listener: Listener | undefined = observer[name];
      return listener === undefined ? [] : [listener.bind(observer)];
    });
    combined[name] =
      listeners.length === 1
        ? listeners[0]!
        : (...facts) => {
            for (const listener of listeners) listener(...facts);
          };
  }
  // It has the keys of `first`, and functions that take what those of `first` take.
  return combined as unknown as PipelineObserver;
}
