/** Lists in one line, with commas between. A comma inside quotes is part of a value, as in `rule="a,b"`. Pure. */
export const listOf = (text: string): string[] =>
  (text.match(/(?:[^,"]|"(?:[^"\\]|\\.)*"?)+/g) ?? []).map((one) => one.trim()).filter((one) => one !== '');
