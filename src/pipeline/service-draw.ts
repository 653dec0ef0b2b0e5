import { type RandomStream, sampleStandardGamma } from "../engine/index.ts";
import type { ServiceDraw } from "../flink/index.ts";
import type { ServiceTime } from "./pipeline.ts";

/** How long `records` records take through chained operators, ns: the sum of their constants, and of one gamma draw for
 *  each operator with a random service time. n gamma variates of shape k and mean m add up to one of shape n k and mean
 *  n m, so a buffer costs one draw however many records it holds.
 *  @param parkOvershoot ns that a parked wait lasts longer than asked for. */
export function serviceDraw(
  services: readonly ServiceTime[],
  parkOvershoot: number,
  random: RandomStream,
): ServiceDraw {
  let constant = 0;
  const drawn: { readonly shape: number; readonly scale: number }[] = [];
  for (const service of services) {
    if (service.kind === "constant") constant += service.value;
    else if (service.kind === "parked") constant += service.value + parkOvershoot;
    else drawn.push({ shape: service.shape, scale: service.mean / service.shape });
  }
  if (drawn.length === 0) return (records) => records * constant;
  return (records) => {
    let total = records * constant;
    for (const { shape, scale } of drawn) total += scale * sampleStandardGamma(random, records * shape);
    return total;
  };
}
