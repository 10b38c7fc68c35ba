/** One title: how many have each version as bars, and below them who has the ones that are asked for. */
import type { SoftwareInstall } from '../../../../shared/api.ts';
import { versionOps } from '../../../../shared/choices.ts';
import type { SoftwareInstalls, SoftwareVersions } from '../../../../shared/software.ts';
import { none, number } from '../../../../shared/words/format.ts';
import { useKept, useLoad } from '../../net/load.ts';
import { Box, Ready } from '../../parts/box.tsx';
import { Input, Select } from '../../parts/field.tsx';
import { Ago } from '../../parts/moment.tsx';
import { Table } from '../../parts/table.tsx';
import { search, setQuery, to, withQuery } from '../../router.ts';
import { language, t } from '../../words/words.ts';

const count = (n: number) => number(n, language.value);
const shownAtMost = 200;

/** Of one title some hundred are known at most; who looks for one types it. */
const barsAtMost = 30;

function Bars({ versions, asked }: { versions: SoftwareVersions['versions']; asked: AskedVersion }) {
  const most = Math.max(...versions.map(({ endpoints }) => endpoints));
  return (
    <>
      <ul class="bars">
        {versions.slice(0, barsAtMost).map(({ version, endpoints }) => (
          <li key={version}>
            <button
              type="button"
              class="link"
              aria-pressed={asked.op === 'eq' && version === asked.version}
              onClick={() =>
                setQuery(
                  asked.op === 'eq' && version === asked.version ? { op: null, version: null } : { op: null, version },
                )
              }
            >
              {version || t('software.noVersion')}
            </button>
            <div class="track" aria-hidden="true">
              <div class="fill tone-idle" style={{ width: `${(100 * endpoints) / most}%` }} />
            </div>
            <span class="right">{count(endpoints)}</span>
          </li>
        ))}
      </ul>
      {versions.length > barsAtMost && (
        <p class="quiet small">{t('csv.more', { n: count(versions.length - barsAtMost) })}</p>
      )}
    </>
  );
}

interface AskedVersion {
  op: string;
  /** Null: any. */
  version: string | null;
}

const askedNow = (): AskedVersion => {
  const query = new URLSearchParams(search.value);
  return { op: query.get('op') ?? 'eq', version: query.get('version') };
};

function Installs({ items }: { items: readonly SoftwareInstall[] }) {
  return (
    <Table
      caption={t('software.machines')}
      rows={items}
      keyOf={({ endpoint, version }) => `${endpoint.id} ${version}`}
      columns={[
        {
          key: 'endpoint',
          head: t('column.endpoint'),
          cell: ({ endpoint }) => <a href={`${to.endpoint(endpoint.id)}?tab=software`}>{endpoint.name}</a>,
        },
        { key: 'site', head: t('page.site'), cell: ({ site }) => site ?? none },
        { key: 'version', head: t('updates.version'), cell: ({ version }) => version || t('software.noVersion') },
        { key: 'used', head: t('software.lastUsed'), cell: ({ lastUsed }) => <Ago at={lastUsed} /> },
      ]}
    />
  );
}

/** The title and what is asked are in the address, so that an answer can be sent to somebody. */
export function Versions({ id }: { id: number }) {
  const loaded = useLoad<SoftwareVersions>(`software/titles/${id}`);
  const asked = askedNow();
  const query = {
    title: `${id}`,
    ...(asked.version === null ? {} : { version: asked.version, op: asked.op }),
  };
  const found = useLoad<SoftwareInstalls>(`software/installs${withQuery('', { ...query, limit: `${shownAtMost}` })}`);
  const installs = useKept(found);
  return (
    <Ready of={loaded} lines={3}>
      {({ title, versions }) => (
        <Box title={title.name} aside={<span class="quiet small">{title.publisher}</span>}>
          <div class="stack">
            <Bars versions={versions} asked={asked} />
            <div class="form-row">
              <Select
                label={t('updates.version')}
                value={asked.op}
                onChange={(op) => setQuery({ op: op === 'eq' ? null : op })}
                options={versionOps.map((op) => [op, t(`software.op.${op}`)] as const)}
              />
              <Input
                label={t('software.which')}
                value={asked.version ?? ''}
                onInput={(version) => setQuery({ version: version === '' ? null : version })}
                maxLength={200}
                autocomplete="off"
              />
            </div>
            {found.problem || installs === null ? (
              <Ready of={found}>{() => null}</Ready>
            ) : (
              <>
                <p role="status" class="strong">
                  {t('software.found', { n: count(installs.endpoints) })}
                </p>
                {installs.items.length > 0 && <Installs items={installs.items} />}
                {installs.total > installs.items.length && (
                  <p class="quiet small">{t('csv.more', { n: count(installs.total - installs.items.length) })}</p>
                )}
              </>
            )}
            <p>
              <a class="button slim" href={`/api/v1/software/table${withQuery('', query)}`} download>
                {t('software.get')}
              </a>
            </p>
          </div>
        </Box>
      )}
    </Ready>
  );
}
