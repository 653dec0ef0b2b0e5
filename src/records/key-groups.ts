/** Models: which key group, and which subtask, a key belongs to, and which partition of a topic it is written to.
 *  Source: flink KeyGroupRangeAssignment, MathUtils.murmurHash (Flink 2.1); kafka BuiltInPartitioner.partitionForKey,
 *    Utils.murmur2.
 *  Leaves out: hash codes of key types other than Java's Long and Integer, serialisations of a key other than eight bytes,
 *    the most significant first (LongSerializer, Flink's raw format). */

/** MurmurHash3 of one int32, then made non-negative as Flink does. */
export function murmurHash(code: number): number {
  let h = Math.imul(code, 0xcc9e2d51);
  h = (h << 15) | (h >>> 17);
  h = Math.imul(h, 0x1b873593);
  h = (h << 13) | (h >>> 19);
  h = (Math.imul(h, 5) + 0xe6546b64) | 0;
  h ^= 4;
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  h ^= h >>> 16;
  if (h >= 0) return h;
  return h === -2147483648 ? 0 : -h;
}

/** Key group of an integer key (a Java Long below 2^53: hashCode is high word xor low word). */
export function keyGroupOf(key: number, maxParallelism: number): number {
  const code = ((key % 4294967296) | 0) ^ Math.floor(key / 4294967296);
  return murmurHash(code) % maxParallelism;
}

/** First key group of subtask `index`; its last is the next subtask's first minus one. */
export function firstKeyGroup(index: number, parallelism: number, maxParallelism: number): number {
  return Math.ceil((index * maxParallelism) / parallelism);
}

/** The subtask that a key group belongs to. */
export function subtaskOf(keyGroup: number, parallelism: number, maxParallelism: number): number {
  return Math.floor((keyGroup * parallelism) / maxParallelism);
}

const MURMUR2 = 0x5bd1e995;

/** The partition of a topic of `partitions` that Kafka's default partitioner chooses for a key (a Java Long, 0 to 2^53). */
export function topicPartitionOf(key: number, partitions: number): number {
  let h = 0x9747b28c ^ 8;
  for (const word of [Math.floor(key / 4294967296) | 0, (key % 4294967296) | 0]) {
    // The hash reads the least significant byte of a word first, the serialised key begins with the most significant one.
    let k = Math.imul(byteSwapped(word), MURMUR2);
    k ^= k >>> 24;
    h = Math.imul(h, MURMUR2) ^ Math.imul(k, MURMUR2);
  }
  h ^= h >>> 13;
  h = Math.imul(h, MURMUR2);
  h ^= h >>> 15;
  return (h & 0x7fffffff) % partitions;
}

function byteSwapped(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}
