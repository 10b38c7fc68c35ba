/** Parts of the app that come when they are needed: a page, a language, the charts. */
import { keepForTab, keptForTab } from '../remember.ts';
import { Problem } from './request.ts';

/** Long enough for a page to load, so that a part that is missing for good does not load the page over and over. */
const againAfterMs = 30_000;

/** Loads the whole page anew, with whatever app the collector holds now. @returns false: that was tried just now */
function startAnew(): boolean {
  if (Date.now() - Number(keptForTab('anew') ?? 0) < againAfterMs) return false;
  keepForTab('anew', String(Date.now()));
  location.reload();
  return true;
}

/**
 * A collector that was upgraded meanwhile has other files, and a browser may not ask twice for one that failed: the page
 * is loaded anew as soon as the collector answers. The address is the state, so the same page comes back.
 * @throws Problem
 */
export async function part<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (thrown) {
    const answer = await fetch('/', { method: 'HEAD', cache: 'no-store' }).catch(() => null);
    if (!answer?.ok) throw new Problem('NO_CONNECTION', 0, String(thrown), '');
    if (!startAnew()) throw new Problem('BAD_ANSWER', 0, String(thrown), '');
    return new Promise(() => {});
  }
}
