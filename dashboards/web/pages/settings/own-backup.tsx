/** Copies of the collector itself: how they are set up, what became of the last one, one now; and what a restored one holds back. */
import { useEffect, useState } from 'preact/hooks';
import type { OwnBackupStatus, RestoredView } from '../../../../shared/own-backup.ts';
import { bytes, duration, percent } from '../../../../shared/words/format.ts';
import { useLoad, useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { Box, Callout, ProblemCallout, Ready } from '../../parts/box.tsx';
import { Fact } from '../../parts/fact.tsx';
import { Ago, Moment } from '../../parts/moment.tsx';
import { formatReasons } from '../../words/reason.ts';
import { language, t } from '../../words/words.ts';

const address = 'collector/backups';
const lookEveryMs = 1000;

function When({ of: { to, at, everyMs, keep, kept } }: { of: OwnBackupStatus }) {
  if (to === null) return <>{t('ownBackup.none')}</>;
  const when =
    at === null
      ? t('ownBackup.every', { length: duration((everyMs ?? 0) / 1000, language.value) })
      : t('ownBackup.daily', { at });
  return (
    <>
      <code>{to}</code>, {when}, {t('ownBackup.kept', { n: kept, keep })}
    </>
  );
}

function Last({ last }: { last: NonNullable<OwnBackupStatus['last']> }) {
  return (
    <>
      <Fact name={t('ownBackup.last')}>
        <Ago at={last.at} /> · {bytes(last.bytes, language.value)} · {duration(last.took / 1000, language.value)}
      </Fact>
      <Fact name={t('ownBackup.where')}>
        <code>{last.path}</code>
        {!last.isThere && ` ${t('ownBackup.gone')}`}
      </Fact>
      <Fact name={t('ownBackup.holds')}>
        {t('ownBackup.counts', {
          endpoints: last.counts.endpoints ?? 0,
          alerts: last.counts.alerts ?? 0,
          tickets: last.counts.tickets ?? 0,
          segments: last.segments,
        })}
      </Fact>
      {last.leftOutWhy.map((one) => (
        <Fact key={one.code} name={t('ownBackup.leftOut')} wide>
          {formatReasons([one])}
        </Fact>
      ))}
    </>
  );
}

function Why({ of }: { of: NonNullable<OwnBackupStatus['failed']> }) {
  if (of.why.length > 0) return <p>{formatReasons(of.why)}</p>;
  return (
    <p lang="en">
      {of.message} {of.hint}
    </p>
  );
}

/** It goes on behind the answer: looked at until it has ended. */
function Running({ of, reload }: { of: NonNullable<OwnBackupStatus['running']>; reload: () => void }) {
  useEffect(() => {
    const timer = setTimeout(reload, lookEveryMs);
    return () => clearTimeout(timer);
  });
  return (
    <p role="status">
      {t(`ownBackup.phase.${of.phase}`)} {of.total > 0 && percent((100 * of.done) / of.total, language.value, 0)}
    </p>
  );
}

function Held({ of, onDone }: { of: NonNullable<RestoredView['restored']>; onDone: () => void }) {
  const { busy, problem, send } = useSend();
  const go = async (old: 'drop' | 'send') => {
    if (await send(() => call('collector/restored', { method: 'POST', body: { old } }))) onDone();
  };
  return (
    <Callout tone="warning" title={t('ownBackup.held')}>
      <p>
        {t('ownBackup.heldWhy', { waiting: of.waiting, old: of.old })} <Moment at={of.madeAt} />
      </p>
      {problem && <ProblemCallout problem={problem} />}
      <div class="row">
        <button type="button" class="button" disabled={busy} onClick={() => void go('drop')}>
          {t('ownBackup.letGo')}
        </button>
        {of.old > 0 && (
          <button type="button" class="button quiet" disabled={busy} onClick={() => void go('send')}>
            {t('ownBackup.letAllGo', { n: of.old })}
          </button>
        )}
      </div>
    </Callout>
  );
}

export function OwnBackup() {
  const status = useLoad<OwnBackupStatus>(address);
  const held = useLoad<RestoredView>('collector/restored');
  const { busy, problem, send } = useSend();
  const [begun, setBegun] = useState(false);
  const begin = async () => {
    setBegun(await send(() => call(address, { method: 'POST', body: {} })));
    status.reload();
  };
  return (
    <Box title={t('ownBackup.title')}>
      <div class="stack">
        {held.data?.restored?.isHeld && <Held of={held.data.restored} onDone={held.reload} />}
        <Ready of={status}>
          {(of) => (
            <div class="stack">
              <dl class="facts">
                <Fact name={t('ownBackup.setUp')}>
                  <When of={of} />
                </Fact>
                {of.last && <Last last={of.last} />}
                {of.nextAt !== null && of.nextAt > of.asOf && (
                  <Fact name={t('ownBackup.next')}>
                    <Moment at={of.nextAt} />
                  </Fact>
                )}
                <Fact name={t('ownBackup.asOf')}>
                  <Moment at={of.asOf} />
                </Fact>
              </dl>
              {of.to === null && <p class="quiet">{t('ownBackup.howTo')}</p>}
              {of.failed && (
                <Callout tone="critical" title={t('ownBackup.failed')}>
                  <p>
                    <Ago at={of.failed.at} />
                  </p>
                  <Why of={of.failed} />
                </Callout>
              )}
              {of.running && <Running of={of.running} reload={status.reload} />}
              {begun && !of.running && !of.failed && <p role="status">{t('ownBackup.made')}</p>}
              {problem && <ProblemCallout problem={problem} />}
              {of.to !== null && (
                <div>
                  <button
                    type="button"
                    class="button"
                    disabled={busy || of.running !== null}
                    onClick={() => void begin()}
                  >
                    {t('ownBackup.now')}
                  </button>
                </div>
              )}
            </div>
          )}
        </Ready>
      </div>
    </Box>
  );
}
