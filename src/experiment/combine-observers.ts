import type { PipelineObserver } from "../pipeline/index.ts";

type Listener = (...facts: never[]) => void;

/** One observer that tells each thing to `first`, then to those of `others` that listen to it. */
export function combineObservers(
  first: PipelineObserver,
  others: readonly Partial<PipelineObserver>[],
): PipelineObserver {
  if (others.length === 0) return first;
  // A copy, because an object that is filled key by key is slow to read.
  const combined = { ...first };
  for (const name of Object.keys(first) as (keyof PipelineObserver)[]) {
    const listeners = [first, ...others].flatMap((observer): Listener[] => {
      const listener: Listener | undefined = observer[name];
      return listener === undefined ? [] : [listener.bind(observer)];
    });
    if (listeners.length === 1) continue;
    const tellAll: Listener = (...facts) => {
      for (const listener of listeners) listener(...facts);
    };
    // It takes what the function of this name takes.
    Object.assign(combined, { [name]: tellAll });
  }
  return combined;
}
