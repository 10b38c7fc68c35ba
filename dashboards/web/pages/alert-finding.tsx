/** Of an alert about a target or a service: what was seen, where, by how many, and what does not work because of it. */
import type { Alert } from '../../../shared/api.ts';
import type { Finding } from '../../../shared/finding.ts';
import { findingLines, seenText } from '../../../shared/words/finding.ts';
import { Box } from '../parts/box.tsx';
import { Fact } from '../parts/fact.tsx';
import { to } from '../router.ts';
import { language, t } from '../words/words.ts';

export function Found({ alert, finding }: { alert: Alert; finding: Finding }) {
  const isOver = alert.state === 'resolved';
  const lines = findingLines(language.value, alert.metric, finding, false);
  return (
    <Box title={isOver ? t('finding.was') : t('finding.now')}>
      <dl class="facts">
        {lines.map(({ name, text }) => (
          <Fact key={name} name={t(`finding.head.${name}`)}>
            {name === 'seen' && finding.of === 'service' ? <Parts finding={finding} /> : text}
          </Fact>
        ))}
      </dl>
    </Box>
  );
}

function Parts({ finding: { down } }: { finding: Extract<Finding, { of: 'service' }> }) {
  return (
    <>
      {down.map(({ id, name, finding }) => (
        <div key={id}>
          <a href={to.endpoint(id)}>{name}</a> {t('target.state.down')}
          {finding && <span class="quiet"> · {seenText(language.value, finding)}</span>}
        </div>
      ))}
    </>
  );
}
