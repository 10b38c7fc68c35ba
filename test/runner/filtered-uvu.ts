/** uvu, of whose tests only those with the words of TEST_GREP in their name are taken. */
import * as uvu from 'uvu';

const words = (process.env.TEST_GREP ?? '').toLowerCase();

function filter(all: typeof uvu.test): typeof uvu.test {
  let taken = 0;
  const take = ((...[name, run]: Parameters<typeof uvu.test>) => {
    if (!name.toLowerCase().includes(words)) return;
    taken++;
    all(name, run);
  }) as typeof uvu.test;
  // Without a test nothing is prepared either: a suite may start a server or a browser before its first one.
  return Object.assign(take, all, { run: () => taken > 0 && all.run() });
}

export const test = filter(uvu.test);
export const suite = (name?: string) => filter(uvu.suite(name) as typeof uvu.test);
