import { invariant } from "../engine/index.ts";
import type { Pipeline, TopicSpec } from "./pipeline.ts";

/** The topic of that name, which the pipeline names somewhere. */
export function topicSpec({ kafka }: Pick<Pipeline, "kafka">, name: string): TopicSpec {
  const spec = kafka.topics.find((topic) => topic.name === name);
  invariant(spec !== undefined, "the parser has checked that the topic is defined");
  return spec;
}
