/** `npm run bench -- <intake|agent|query|day|rules|forecast|baseline|kpi|floods|floods-mixed|large|messages|alert|software|knowledge|backup|bridge|stores|scale|paper|web>`: figures, measured on this machine, beside something to compare them with. */
import '../../shared/needs-node.ts';

interface Bench {
  run(args: string[]): Promise<void>;
}

const benches: Record<string, () => Promise<Bench>> = {
  intake: () => import('./intake.ts'),
  bridge: () => import('./bridge.ts'),
  agent: () => import('./agent.ts'),
  query: () => import('./query.ts'),
  day: () => import('./day.ts'),
  rules: () => import('./rules.ts'),
  forecast: () => import('./forecast.ts'),
  baseline: () => import('./baseline.ts'),
  kpi: () => import('./kpi.ts'),
  floods: () => import('./floods.ts'),
  large: () => import('./large.ts'),
  messages: () => import('./messages.ts'),
  alert: () => import('./alert.ts'),
  software: () => import('./software.ts'),
  knowledge: () => import('./knowledge.ts'),
  backup: () => import('./backup.ts'),
  scale: () => import('./scale.ts'),
  stores: () => import('./stores.ts'),
  paper: () => import('./paper.ts'),
  web: () => import('./web.ts'),
  'floods-mixed': () => import('./floods-mixed.ts'),
};

const [name = '', ...rest] = process.argv.slice(2);
const load = Object.hasOwn(benches, name) ? benches[name] : undefined;
if (load) {
  await (await load()).run(rest);
} else {
  console.error(`Which bench? npm run bench -- <${Object.keys(benches).join('|')}>`);
  process.exitCode = 2;
}
