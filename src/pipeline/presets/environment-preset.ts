/** A value as one would write it, and the measurement, the document or the reasoning it comes from. */
export type SourcedValue = readonly [value: string, source: string];

/** Numbers of the physical world under a name: what holds for a key of `environment:` that isn't written. */
export interface EnvironmentPreset {
  readonly name: string;
  /** What kind of place it describes, one line. */
  readonly describes: string;
  /** A value for each key of the environment. */
  readonly figures: Readonly<Record<string, SourcedValue>>;
  /** Options of Flink and of the connector that the place sets differently from the releases' defaults. */
  readonly options?: Readonly<Record<string, SourcedValue>>;
}
