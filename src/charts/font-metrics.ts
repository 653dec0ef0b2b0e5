import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** Advance widths of a TrueType font. */
export interface FontMetrics {
  /** Width of a text at a font size, px. */
  width(text: string, size: number): number;
}

const require = createRequire(import.meta.url);

/** The bundled fonts: Source Sans 3, SIL Open Font Licence 1.1. */
export const FONT_FILES = {
  regular: require.resolve("@expo-google-fonts/source-sans-3/400Regular/SourceSans3_400Regular.ttf"),
  semibold: require.resolve("@expo-google-fonts/source-sans-3/600SemiBold/SourceSans3_600SemiBold.ttf"),
} as const;

/** Reads how wide each character is. Source: OpenType specification, tables head, hhea, hmtx and cmap (format 4). */
export function readFontMetrics(path: string): FontMetrics {
  const file = readFileSync(path);
  const data = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const tables = new Map<string, number>();
  for (let i = 0; i < data.getUint16(4); i++) {
    const entry = 12 + 16 * i;
    tables.set(file.toString("latin1", entry, entry + 4), data.getUint32(entry + 8));
  }
  const unitsPerEm = data.getUint16(tables.get("head")! + 18);
  const metrics = data.getUint16(tables.get("hhea")! + 34);
  const hmtx = tables.get("hmtx")!;
  const glyphOf = characterMap(data, tables.get("cmap")!);
  const advance = (codePoint: number): number =>
    data.getUint16(hmtx + 4 * Math.min(glyphOf(codePoint), metrics - 1));
  return {
    width: (text, size) => {
      let units = 0;
      for (const character of text) units += advance(character.codePointAt(0)!);
      return (units / unitsPerEm) * size;
    },
  };
}

/** Glyph of a character of the basic plane, 0 where there is none. */
function characterMap(data: DataView, cmap: number): (codePoint: number) => number {
  const count = data.getUint16(cmap + 2);
  for (let i = 0; i < count; i++) {
    const table = cmap + data.getUint32(cmap + 4 + 8 * i + 4);
    if (data.getUint16(table) !== 4) continue;
    const segments = data.getUint16(table + 6) / 2;
    const ends = table + 14;
    const starts = ends + 2 * segments + 2;
    const deltas = starts + 2 * segments;
    const offsets = deltas + 2 * segments;
    return (codePoint) => {
      for (let s = 0; s < segments; s++) {
        if (codePoint > data.getUint16(ends + 2 * s)) continue;
        const start = data.getUint16(starts + 2 * s);
        if (codePoint < start) return 0;
        const delta = data.getUint16(deltas + 2 * s);
        const offset = data.getUint16(offsets + 2 * s);
        if (offset === 0) return (codePoint + delta) & 0xffff;
        const glyph = data.getUint16(offsets + 2 * s + offset + 2 * (codePoint - start));
        return glyph === 0 ? 0 : (glyph + delta) & 0xffff;
      }
      return 0;
    };
  }
  return () => 0;
}
