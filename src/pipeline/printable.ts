/** Text on one line and of bounded length, whatever was in it. */
export function printable(text: string, length = 60): string {
  const characters = [...text];
  const kept = characters.length > length ? [...characters.slice(0, length - 1), "…"] : characters;
  return kept.map((character) => (isControl(character) ? escaped(character) : character)).join("");
}

function isControl(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  const lineBreak = code === 0x2028 || code === 0x2029;
  const loneSurrogate = code >= 0xd800 && code <= 0xdfff;
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || lineBreak || loneSurrogate || code === 0xfeff;
}

function escaped(character: string): string {
  return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;
}
