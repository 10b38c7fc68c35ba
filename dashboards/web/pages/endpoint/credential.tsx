/** The credential of an endpoint, which stays what it is: rotated, refused, or replaced by a line to run. */
import { useState } from 'preact/hooks';
import type { EndpointRow, NewEnrollment } from '../../../../shared/api.ts';
import { useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { Box, Callout, ProblemCallout } from '../../parts/box.tsx';
import { Input } from '../../parts/field.tsx';
import { Moment } from '../../parts/moment.tsx';
import { t } from '../../words/words.ts';
import { MadeLine } from '../join/line.tsx';

function Made({ made }: { made: NewEnrollment }) {
  const lead = (
    <>
      {t('credential.run')} <Moment at={made.enrollment.expiresAt} shape="long" />. {t('credential.old')}
    </>
  );
  return <MadeLine made={made} lead={lead} />;
}

interface Rotated {
  waits: 'offline' | 'old_agent' | null;
}

const pathOf = (row: EndpointRow, act: string) => `endpoints/${encodeURIComponent(row.id)}/credential/${act}`;

function Rotate({ row }: { row: EndpointRow }) {
  const [done, setDone] = useState<Rotated | null>(null);
  const { busy, problem, send } = useSend();
  const rotate = () => send(async () => setDone(await call<Rotated>(pathOf(row, 'rotate'), { method: 'POST' })));
  return (
    <>
      <p>{t('rotation.lead')}</p>
      {problem && <ProblemCallout problem={problem} />}
      {done ? (
        <Callout tone={done.waits === 'old_agent' ? 'warning' : 'ok'} spoken>
          {done.waits === null ? t('rotation.asked') : t(`rotation.waits.${done.waits}`)}
        </Callout>
      ) : (
        <div>
          <button type="button" class="button" disabled={busy} onClick={() => void rotate()}>
            {busy ? t('common.working') : t('rotation.rotate')}
          </button>
        </div>
      )}
    </>
  );
}

/** Asked twice: nothing comes from its machine until somebody has gone there. */
function Refuse({ row }: { row: EndpointRow }) {
  const [step, setStep] = useState<'closed' | 'asked' | 'done'>('closed');
  const [since, setSince] = useState('');
  const { busy, problem, send } = useSend();
  const refuse = () =>
    send(async () => {
      const body = { doubtfulSince: since === '' ? null : new Date(since).getTime() };
      await call(pathOf(row, 'again'), { method: 'POST', body });
      setStep('done');
    });
  return (
    <>
      <p>{t('rotation.stolen')}</p>
      {problem && <ProblemCallout problem={problem} />}
      {step === 'done' && (
        <Callout tone="warning" spoken>
          {t('rotation.refused')}
        </Callout>
      )}
      {step === 'closed' && (
        <div>
          <button type="button" class="button" onClick={() => setStep('asked')}>
            {t('rotation.refuse')}
          </button>
        </div>
      )}
      {step === 'asked' && (
        <>
          <Input
            label={t('rotation.since')}
            type="datetime-local"
            value={since}
            onInput={setSince}
            help={t('rotation.sinceHelp')}
          />
          <div class="row">
            <button type="button" class="button danger" disabled={busy} onClick={() => void refuse()}>
              {busy ? t('common.working') : t('rotation.sure')}
            </button>
            <button type="button" class="button" onClick={() => setStep('closed')}>
              {t('common.cancel')}
            </button>
          </div>
        </>
      )}
    </>
  );
}

/** Asked twice, because somebody has to go to the machine then. */
export function Credential({ row }: { row: EndpointRow }) {
  const [asked, setAsked] = useState(false);
  const [made, setMade] = useState<NewEnrollment | null>(null);
  const { busy, problem, send } = useSend();
  const replace = () =>
    send(async () => {
      const body = { replaces: row.id, label: row.name.slice(0, 128) };
      setMade(await call<NewEnrollment>('enrollments', { method: 'POST', body }));
    });
  return (
    <Box title={t('credential.title')}>
      <div class="stack">
        <p>{t('credential.lead')}</p>
        <Rotate row={row} />
        <Refuse row={row} />
        {made && <Made made={made} />}
        {!made && !asked && (
          <div>
            <button type="button" class="button" onClick={() => setAsked(true)}>
              {t('credential.replace')}
            </button>
          </div>
        )}
        {!made && asked && (
          <>
            <p>{t('credential.ask', { name: row.name })}</p>
            {problem && <ProblemCallout problem={problem} />}
            <div class="row">
              <button type="button" class="button main" disabled={busy} onClick={() => void replace()}>
                {busy ? t('common.working') : t('credential.sure')}
              </button>
              <button type="button" class="button" onClick={() => setAsked(false)}>
                {t('common.cancel')}
              </button>
            </div>
          </>
        )}
      </div>
    </Box>
  );
}
