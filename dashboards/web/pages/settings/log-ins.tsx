/** Log-ins that go on: one's own, or for admins those of everybody; each can be ended at once. */
import type { LogIn } from '../../../../shared/log-ins.ts';
import { useLoad, useSend } from '../../net/load.ts';
import { call, type Page } from '../../net/request.ts';
import { Box, ProblemCallout, Ready } from '../../parts/box.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Table } from '../../parts/table.tsx';
import { t } from '../../words/words.ts';

/** Each says the names of others too, so the first that fits counts: Edge says Chrome, Chrome says Safari, Android says Linux. */
const browsers = [
  [/\bEdg(A|iOS)?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\b(Firefox|FxiOS)\//, 'Firefox'],
  [/\b(Headless)?(Chrome|CriOS)\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
] as const;
const systems = [
  [/Windows/, 'Windows'],
  [/Android/, 'Android'],
  [/iPhone/, 'iPhone'],
  [/iPad/, 'iPad'],
  [/Mac OS X/, 'macOS'],
  [/Linux/, 'Linux'],
] as const;
const nameIn = (of: readonly (readonly [says: RegExp, name: string])[], agent: string) =>
  of.find(([says]) => says.test(agent))?.[1];

/** `Firefox on Linux`, of what a browser says of itself; the whole of it is the title, and what is not known stays whole. */
function shortDevice(agent: string): string {
  const browser = nameIn(browsers, agent);
  const system = nameIn(systems, agent);
  return browser && system ? t('logIns.on', { browser, system }) : agent;
}

export function LogIns({ ofAll = false }: { ofAll?: boolean }) {
  const address = ofAll ? 'sessions' : 'me/sessions';
  const list = useLoad<Page<LogIn>>(address);
  const { busy, problem, send } = useSend();
  const end = (path: string) =>
    void send(async () => {
      await call(path, { method: 'DELETE' });
      list.reload();
    });
  const title = ofAll ? t('logIns.ofAll') : t('logIns.own');
  return (
    <Box title={title} flush>
      <Ready of={list}>
        {({ items }) => (
          <>
            <Table
              caption={title}
              rows={items}
              keyOf={(row) => row.id}
              columns={[
                ...(ofAll ? [{ key: 'user', head: t('login.user'), cell: (row: LogIn) => row.user }] : []),
                {
                  key: 'device',
                  head: t('logIns.device'),
                  cell: (row) => (
                    <span title={row.device ?? undefined}>
                      {row.device === null ? t('logIns.unknown') : shortDevice(row.device)}
                      {row.isThis && <span class="quiet small"> ({t('logIns.this')})</span>}
                    </span>
                  ),
                },
                { key: 'address', head: t('logIns.address'), cell: (row) => row.address ?? '–' },
                { key: 'since', head: t('logIns.since'), cell: (row) => <Moment at={row.since} /> },
                { key: 'used', head: t('logIns.used'), cell: (row) => <Moment at={row.lastUsed} /> },
                {
                  key: 'act',
                  acts: true,
                  head: t('add.act'),
                  cell: (row) =>
                    row.isThis ? null : (
                      <button
                        type="button"
                        class="button slim"
                        disabled={busy}
                        onClick={() => end(`${address}/${row.id}`)}
                      >
                        {t('logIns.end')}
                        <span class="unseen"> {row.device === null ? row.user : shortDevice(row.device)}</span>
                      </button>
                    ),
                },
              ]}
            />
            {(problem || (!ofAll && items.length > 1)) && (
              <div class="box-body">
                {problem && <ProblemCallout problem={problem} />}
                {!ofAll && items.length > 1 && (
                  <div class="form-end">
                    <button type="button" class="button" disabled={busy} onClick={() => end(address)}>
                      {t('logIns.endOthers')}
                    </button>
                  </div>
                )}
              </div>
            )}
          </>
        )}
      </Ready>
    </Box>
  );
}
