/** Files that settings name. */
import { reasonOf } from '../../shared/errors.ts';
import { looksLikePath } from '../../shared/secrets.ts';
import { type Fault, shown } from '../../shared/shape.ts';

export type Read = (path: string) => string;

/** What a setting points to; a fault is reported at the place of the setting. */
export function readNamed(path: unknown, at: Fault['path'], read: Read, faults: Fault[]): string | undefined {
  if (typeof path !== 'string' || path === '') return undefined;
  try {
    const text = read(path);
    if (text.trim() !== '') return text;
    faults.push({ path: at, problem: `${shown(path)} names an empty file` });
  } catch (thrown) {
    // Often the secret itself was written where its file is meant; the reason of the system repeats it.
    const reason = looksLikePath(path)
      ? reasonOf(thrown)
      : 'it is not shown, as it may be the secret itself; write that into a file, and name the file here';
    const named = looksLikePath(path) ? `${shown(path)} ` : '';
    faults.push({ path: at, problem: `${named}names a file that cannot be read: ${reason}` });
  }
  return undefined;
}
