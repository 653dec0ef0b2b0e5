/** Layers of a ziggurat: `edges` are the right ends divided by 2^bits, `accepts` the draws that are inside the layer above as
 *  well and need no further look, `densities` the unnormalised density at each end. */
export interface ZigguratTables {
  readonly edges: Float64Array;
  readonly accepts: Float64Array;
  readonly densities: Float64Array;
}

/** Builds the tables of `layers` layers of equal area for a falling density. Source: Marsaglia and Tsang, "The ziggurat method
 *  for generating random variables", J. Statistical Software 5(8), 2000.
 *  @param tailStart where the tail begins; fixes the area.
 *  @param area common to all layers; the lowest includes the tail.
 *  @param density unnormalised, 1 at 0, falling; @param inverse its inverse.
 *  @param scale 2^bits of the integer draws that are compared. */
export function zigguratTables(
  layers: number,
  tailStart: number,
  area: number,
  density: (x: number) => number,
  inverse: (y: number) => number,
  scale: number,
): ZigguratTables {
  const edges = new Float64Array(layers);
  const accepts = new Float64Array(layers);
  const densities = new Float64Array(layers);
  const base = area / density(tailStart);
  let outer = tailStart;
  accepts[0] = (tailStart / base) * scale;
  edges[0] = base / scale;
  edges[layers - 1] = tailStart / scale;
  densities[0] = 1;
  densities[layers - 1] = density(tailStart);
  for (let layer = layers - 2; layer >= 1; layer--) {
    const inner = inverse(area / outer + density(outer));
    accepts[layer + 1] = (inner / outer) * scale;
    outer = inner;
    densities[layer] = density(inner);
    edges[layer] = inner / scale;
  }
  return { edges, accepts, densities };
}
