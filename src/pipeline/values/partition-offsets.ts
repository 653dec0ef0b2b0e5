import { read, type ValueType, wanted } from "./value-type.ts";

/** An offset of each partition that is named, by partition. */
export type PartitionOffsets = ReadonlyMap<number, number>;

const ENTRY = /^partition:(\d+),offset:(\d+)$/;

/** `partition:0,offset:42;partition:1,offset:300`, as the connector's SQL options have it. */
export function partitionOffsets(): ValueType<PartitionOffsets, string> {
  const text = 'offsets such as "partition:0,offset:42;partition:1,offset:300"';
  return {
    name: "offsets of partitions",
    unit: "records",
    wanted: text,
    examples: ["partition:0,offset:42;partition:1,offset:300"],
    jsonTypes: ["string"],
    read(input) {
      const offsets = new Map<number, number>();
      for (const entry of input.split(";")) {
        const [, partition, offset] = ENTRY.exec(entry.trim()) ?? [];
        if (partition === undefined || offsets.has(Number(partition))) return wanted(text);
        offsets.set(Number(partition), Number(offset));
      }
      return read(offsets);
    },
  };
}
