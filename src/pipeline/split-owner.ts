/** Models: which source subtask reads a topic partition.
 *  Source: flink-connector-kafka KafkaSourceEnumerator.getSplitOwner (the same in 3.4, 4.0 and 5.0).
 *  Leaves out: nothing. */

/** Subtask, 0 to parallelism - 1, that owns `partition` of `topic`. */
export function splitOwner(topic: string, partition: number, parallelism: number): number {
  const start = (Math.imul(javaHashCode(topic), 31) & 0x7fffffff) % parallelism;
  return (start + partition) % parallelism;
}

/** String.hashCode of Java. */
function javaHashCode(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return hash;
}
