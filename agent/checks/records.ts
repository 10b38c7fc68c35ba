/**
 * Records as Windows tools print them, whatever the tool: a JSON object or list (ConvertTo-Json), `Key : Value` blocks
 * (Format-List), `Key=Value` blocks (wmic /value). Keys are property names, which are not translated.
 */
import { type Loose, linesOf, looseJson, objectsOf } from './parse.ts';

/** One object per record; an empty list when there is none. Values of the list forms are trimmed text. */
export function parseRecords(text: string): Loose[] {
  const json = looseJson(text);
  if (json !== undefined && typeof json === 'object') return objectsOf(json);
  const records: Record<string, unknown>[] = [];
  let current: Record<string, unknown> = {};
  for (const line of linesOf(text)) {
    const at = line.search(/[=:]/);
    const key = line.slice(0, Math.max(0, at)).trim();
    if (!/^[A-Za-z_][\w ()]*$/.test(key)) continue;
    const value = line.slice(at + 1);
    // The same key again starts the next record: blank lines also stand inside wmic's blocks.
    if (key in current) {
      records.push(current);
      current = {};
    }
    current[key] = value.trim();
  }
  if (Object.keys(current).length > 0) records.push(current);
  return records;
}

/** `{2, 5}`, `2` or a JSON list → numbers. */
export function numbersOf(value: unknown): number[] {
  const items = Array.isArray(value) ? value : (String(value ?? '').match(/-?\d+/g) ?? []);
  return items.map(Number).filter(Number.isFinite);
}
