/** Preloaded with `--grep`: what test files import as "uvu" then keeps only the tests whose name has the words. */
import { registerHooks } from 'node:module';

const filtered = new URL('./filtered-uvu.ts', import.meta.url).href;

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'uvu' && context.parentURL !== filtered
      ? { url: filtered, shortCircuit: true }
      : next(specifier, context),
});
