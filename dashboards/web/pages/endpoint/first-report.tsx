/** A machine that is enrolled and has not reported yet: what to type on it, and a look that ends by itself. */
import type { EndpointRow } from '../../../../shared/api.ts';
import { now } from '../../clock.ts';
import { Box } from '../../parts/box.tsx';
import { withCode } from '../../parts/code.tsx';
import { Ago } from '../../parts/moment.tsx';
import { PasteLine } from '../../parts/paste-line.tsx';
import { t } from '../../words/words.ts';

/** An agent that runs reports within half a minute. */
const patienceMs = 60_000;

const commands: Record<string, string> = {
  win32: 'Start-Service EvenkeelAgent',
  darwin: 'sudo launchctl kickstart -k system/net.evenkeel.agent',
};
const startCommand = (platform: string) => commands[platform] ?? 'sudo systemctl start evenkeel-agent';

export function FirstReport({ row, enrolledAt }: { row: EndpointRow; enrolledAt: number }) {
  const start = startCommand(row.platform);
  return (
    <Box title={t('state.never')}>
      <div class="stack">
        <p role="status">
          {t('firstReport.enrolled')} <Ago at={enrolledAt} />. {t('firstReport.live')}
        </p>
        {now.value - enrolledAt > patienceMs && <p>{t('firstReport.late')}</p>}
        <p>{t('firstReport.start')}</p>
        <div class="row">
          <PasteLine text={start} />
        </div>
        <p class="quiet">{withCode(t('firstReport.doctor'))}</p>
      </div>
    </Box>
  );
}
