/** Settings of agents as evenkeel.yaml has them: `agent_settings: [{ scope: { group: Kiosks }, interval_s: 60, … }]`. Pure. */
import { AgentLayerSettings } from '../../shared/agent-layer.ts';
import { type Fault, faultsOf, shown, wordHint } from '../../shared/shape.ts';
import { scopeKinds } from '../evaluate/scope.ts';
import type { FileLayer } from './store.ts';

const words = scopeKinds.filter((kind) => kind !== 'all');

/** @returns the layers without a fault, and the faults of the others by their place in the list */
export function layersOfFile(list: unknown): { layers: FileLayer[]; faults: Fault[] } {
  if (list === undefined || list === null) return { layers: [], faults: [] };
  if (!Array.isArray(list)) return { layers: [], faults: [{ path: [], problem: 'must be a list of settings' }] };
  const faults: Fault[] = [];
  const taken = new Set<string>();
  const layers = list.flatMap((written: unknown, i): FileLayer[] => {
    const found = layerIn(written);
    const where = JSON.stringify(found.layer.scope);
    if (found.faults.length === 0 && taken.has(where))
      found.faults.push({ path: ['scope'], problem: 'is given twice; write what holds there in one entry' });
    taken.add(where);
    faults.push(...found.faults.map((fault) => ({ ...fault, path: [i, ...fault.path] })));
    return found.faults.length === 0 ? [found.layer] : [];
  });
  return { layers, faults };
}

function layerIn(written: unknown): { layer: FileLayer; faults: Fault[] } {
  const isSection = typeof written === 'object' && written !== null && !Array.isArray(written);
  const { scope: where, priority = 0, ...settings } = (isSection ? written : {}) as Record<string, unknown>;
  const layer: FileLayer = {
    ...{ scope: { of: 'all', target: '' }, priority: priority as number },
    settings: settings as AgentLayerSettings,
  };
  if (!isSection) return { layer, faults: [{ path: [], problem: `${shown(written)} must be a section of settings` }] };
  const faults = faultsOf(AgentLayerSettings, settings);
  if (!Number.isInteger(priority) || Math.abs(priority as number) > 1000)
    faults.push({ path: ['priority'], problem: `${shown(priority)} must be a whole number from -1000 to 1000` });
  if (where === undefined || where === 'all') return { layer, faults };
  const wanted = `all, or one of ${words.map((word) => `{ ${word}: … }`).join(', ')}`;
  const pairs = typeof where === 'object' && where !== null && !Array.isArray(where) ? Object.entries(where) : [];
  const [key = '', target] = pairs[0] ?? [];
  const of = words.find((word) => word === key);
  if (pairs.length !== 1 || of === undefined)
    faults.push({ path: ['scope'], problem: `must be ${wanted}${key === '' ? '' : wordHint(key, words)}` });
  else if (typeof target !== 'string' || target === '' || target.length > 256)
    faults.push({ path: ['scope', of], problem: `${shown(target)} must name a ${of}` });
  else if (of === 'kind' && target !== 'server' && target !== 'workstation')
    faults.push({ path: ['scope', of], problem: `${shown(target)} must be server or workstation` });
  else layer.scope = { of, target };
  return { layer, faults };
}
