/**
 * The house holds itself: imports between rooms as their READMEs declare, no circles, sizes, names that exist, no state
 * that lives in a module, nothing exported for tests alone. Exceptions are counted below; a count may only sink.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  addingFaults,
  circleFaults,
  crossingFaults,
  deadFaults,
  importFaults,
  nameFaults,
  productOf,
  sizeFaults,
  stateFaults,
  untestedFaults,
} from './rules.ts';
import { circles, homonyms, readHouse } from './tree.ts';

const house = readHouse();
const product = productOf(house);

const limits = {
  fileLines: 450,
  functionLines: 150,
  isTable: (path: string) => /^shared\/(words\/\w+\/\w[\w-]*|api|errors)\.ts$/.test(path),
  exceptions: {},
};

/** State of the whole process or page, each with the reason why it is not part of an object made at the start. */
const moduleState = new Set([
  // Compiled once and equal for all: to compile a schema takes milliseconds, and most processes never need its messages.
  'agent/checks/backup/drop-schema.ts validator',
  'shared/report.ts validators',
  // Bounded memories of pure functions that are slow: patterns, Unicode normalisation, and formats of Intl.
  'collector/alerts/matcher.ts compiled',
  'collector/evaluate/kinds/expression.ts compiled',
  'collector/evaluate/scope.ts keys',
  'shared/calendar.ts clocks',
  'shared/calendar.ts clocksByContent',
  'shared/words/format.ts cache',
  // The children of the process, which must end with it, whoever started them.
  'agent/run.ts running',
  // The four threads of libuv are shared by all that reads files; one that hangs in a network mount is lost for good.
  'agent/checks/backup/file-rule.ts waiting',
  // There is one event loop: who yields does so for all.
  'collector/state/breathe.ts turnedAt',
  // A browser's page has one connection, one log-in and one fleet, and every component shares them.
  ...['reading', 'isOld'].map((name) => `dashboards/web/fleet/store.ts ${name}`),
  ...['listeners', 'waiting', 'timer', 'close', 'wasLive'].map((name) => `dashboards/web/net/live.ts ${name}`),
  'dashboards/web/net/session.ts others',
  'dashboards/web/net/request.ts loggedOut',
  'dashboards/web/net/request.ts confirmed',
  'dashboards/web/net/request.ts versions',
  'dashboards/web/net/request.ts answers',
  'dashboards/web/net/request.ts sentences',
  // Its files are fetched once, and the keyboard begins at a page's heading when that has come.
  'dashboards/web/app.tsx shown',
  'dashboards/web/router.ts isArriving',
  // The way back leads to a list as it was left, and the search knows what was looked at last.
  'dashboards/web/router.ts left',
  'dashboards/web/title.ts visits',
  // Words of a language never change.
  'shared/words/index.ts dictionaries',
]);

/** Landed before what uses it: silences, inhibitions and routes. */
const awaited = new Set<string>([]);

const none = (faults: readonly string[]) => assert.ok(faults.length === 0, `\n${faults.join('\n')}\n`);

test('imports between rooms are those that their READMEs declare', () => none(importFaults(house)));
test('agent and collector share nothing but what is in shared', () => none(crossingFaults(house)));
test('every file and folder that a README or a comment names is there', () => none(nameFaults(house)));
test('every room says how to add one more', () => none(addingFaults(house)));
test('no file waits for one that waits for it', () => none(circleFaults(house)));
test('types go one way, too: no circle of files', () =>
  none(circles(house.sources, ({ kind }) => kind !== 'start').map((circle) => circle.join(' → '))));
test('a type name has one meaning', () =>
  none(homonyms(product).map(([name, paths]) => `${name} is a type of ${paths.join(', ')}`)));
test('files and functions stay short', () => none(sizeFaults(house, limits)));
test('no state lives in a module but what is of the whole process', () => none(stateFaults(house, moduleState)));
test('what is exported has a user in the product', () => none(deadFaults(house, awaited)));
// All of the web app runs in the tests in a browser.
test('every file is reached by a test', () => none(untestedFaults(house, (path) => path.startsWith('dashboards/'))));

test('the whole tree was read', () => {
  assert.ok(product.length > 300 && house.readmes.size > 15 && house.files.includes('package.json'));
  // uvu's own mark stands at the start of the line.
  const figure = (text: string) => console.log(`\nFIGURE ${text}`);
  const inBrowser = untestedFaults(house, () => false).length;
  figure(`source files that only tests in a browser reach: ${inBrowser} of ${product.length}`);
  figure(`modules with state: ${moduleState.size} variables`);
});

test.run();
