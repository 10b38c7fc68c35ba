/** `npm run drill -- cluster` or `kills [--count N]`: faults under load, all processes real; counts at the end, and ends with 1 where one is wrong. */
import '../../shared/needs-node.ts';

const drills: Record<string, () => Promise<{ run(args: string[]): Promise<boolean> }>> = {
  cluster: () => import('./cluster.ts'),
  kills: () => import('./kills.ts'),
};

const [name = '', ...rest] = process.argv.slice(2);
const load = Object.hasOwn(drills, name) ? drills[name] : undefined;
if (load) {
  const isWhole = await (await load()).run(rest);
  process.exit(isWhole ? 0 : 1);
} else {
  console.error(`Which drill? npm run drill -- <${Object.keys(drills).join('|')}>`);
  process.exitCode = 2;
}
