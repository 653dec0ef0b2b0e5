import { z } from "zod";

const schema = z.strictObject({
  overlays: z.array(z.string()),
  sensitivity: z.strictObject({ crash: z.string(), quick: z.string() }),
  off: z.array(z.strictObject({ case: z.string(), figures: z.string(), why: z.string() })),
});

/** What the page shows and says of the reference's cases: `reference/page.json`. */
export type PageSettings = z.output<typeof schema>;

/** Reads the text of the file.
 *  @throws ZodError, SyntaxError: the file is ours. */
export function readPageSettings(text: string): PageSettings {
  return schema.parse(JSON.parse(text));
}
