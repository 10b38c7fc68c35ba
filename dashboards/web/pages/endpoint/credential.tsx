/** Another credential for an endpoint, which stays what it is. */
import { useState } from 'preact/hooks';
import type { EndpointRow, NewEnrollment } from '../../../../shared/api.ts';
import { useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { Box, ProblemCallout } from '../../parts/box.tsx';
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
