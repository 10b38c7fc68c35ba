/**
 * Thin pools of LVM. Their volumes show file systems with plenty of room while the pool below them has none: then every
 * write fails. Full metadata stops a pool as surely as full data.
 */
import { quotation, type Reason, ReasonedError, reason } from '../../../shared/reason.ts';
import { listNames, readText } from '../../platform/read.ts';
import { type CheckContext, NoData } from '../check.ts';
import { looseJson, objectOf, objectsOf, shareOf, textOf } from '../parse.ts';
import { round } from '../reading.ts';
import { type DeviceVerdict, follow, knownOf, type Sighting } from './follow.ts';
import { type HealthReading, type HealthSource, minute } from './source.ts';

export interface ThinPool {
  name: string;
  uuid: string | null;
  dataPercent: number | null;
  metadataPercent: number | null;
  /** Ninth letter of `lv_attr`; `-` when lvs reports no problem, null when it is unknown. */
  health: string | null;
}

const fields = 'lv_name,vg_name,lv_uuid,lv_attr,data_percent,metadata_percent';

/** `lvs --reportformat json`. Null when it is no such report; numbers are text in it. Total. */
export function parseThinPools(text: string): ThinPool[] | null {
  const reports = objectOf(looseJson(text)).report;
  if (!Array.isArray(reports)) return null;
  return objectsOf(reports)
    .flatMap((report) => objectsOf(report.lv ?? []))
    .flatMap((row) => {
      const [pool, group] = [textOf(row.lv_name), textOf(row.vg_name)];
      const attributes = textOf(row.lv_attr) ?? '';
      // Thin volumes begin with V: only the pool knows what is left.
      if (pool === null || group === null || !attributes.startsWith('t')) return [];
      return [
        {
          name: `${group}/${pool.replace(/^\[|\]$/g, '')}`,
          uuid: textOf(row.lv_uuid),
          dataPercent: shareOf(row.data_percent),
          metadataPercent: shareOf(row.metadata_percent),
          health: attributes[8] ?? null,
        },
      ];
    });
}

const troubles: Readonly<Record<string, Reason>> = {
  F: reason('pool_failed'),
  D: reason('pool_out_of_space'),
  M: reason('pool_metadata_read_only'),
  p: reason('pool_disk_missing'),
};

export function judgeThinPool({ health, dataPercent }: ThinPool): DeviceVerdict {
  const trouble = troubles[health ?? ''];
  if (trouble !== undefined) return { status: 'critical', reasons: [trouble] };
  return health === null || dataPercent === null
    ? { status: 'unknown', reasons: [reason('state_not_told')] }
    : { status: 'ok', reasons: [reason('pool_takes_writes')] };
}

export const lvm: HealthSource = {
  name: 'lvm',
  every: 15 * minute,
  reads: 'lvs, where sysfs shows a thin pool; root',
  platforms: ['linux'],
  read,
};

/** The layer of a thin pool that is active has a name of its own in the kernel. */
const hasThinPool = (root: string) =>
  listNames(root, '/sys/block').some(
    (name) => name.startsWith('dm-') && /^LVM-\S+-tpool\s*$/.test(readText(root, `/sys/block/${name}/dm/uuid`) ?? ''),
  );

async function read(context: CheckContext): Promise<HealthReading> {
  const active = hasThinPool(context.root);
  if (!active && knownOf(context, lvm.name).length === 0) throw new NoData(reason('no_thin_pool'));
  const args = ['--reportformat', 'json', '-o', fields, '--select', 'segtype=thin-pool'];
  const answer = await context.run('lvs', args, { timeoutMs: 20_000 });
  const pools = parseThinPools(answer.stdout);
  // Without root lvs prints an empty report beside its complaint.
  if (pools === null || answer.code !== 0 || (active && pools.length === 0))
    throw new ReasonedError(reason('needs_root', { program: 'lvs' }), ...quotation(answer.stderr.slice(0, 200)));
  // The list is of what lies on the disks: a pool that is not in it has been deleted.
  return follow(context, lvm.name, pools.map(sightingOf), () => null);
}

function sightingOf(pool: ThinPool): Sighting {
  const { name, uuid, dataPercent, metadataPercent } = pool;
  const shares = [dataPercent, metadataPercent].filter((share) => share !== null);
  return {
    ...judgeThinPool(pool),
    id: uuid ?? name,
    name,
    kind: 'lvm',
    details: { data_percent: dataPercent, metadata_percent: metadataPercent },
    measurement: 'array',
    tags: { name, kind: 'lvm' },
    fields: { used_percent: dataPercent === null ? null : round(Math.max(...shares)) },
  };
}
