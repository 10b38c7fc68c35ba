/** Of an alert about a target or a service: what was seen, where, by how many, and what does not work because of it. */
import type { Alert } from '../../../../shared/api.ts';
import type { Finding, TargetFinding } from '../../../../shared/finding.ts';
import { findingLines, seenText } from '../../../../shared/words/finding.ts';
import { Box } from '../../parts/box.tsx';
import { Fact } from '../../parts/fact.tsx';
import { Ago } from '../../parts/moment.tsx';
import { to } from '../../router.ts';
import { language, t } from '../../words/words.ts';
import { WatchedMark } from '../targets/facts.tsx';

export function Found({ alert, finding }: { alert: Alert; finding: Finding }) {
  const isOver = alert.state === 'resolved';
  const lines = findingLines(language.value, alert.metric, finding, false);
  return (
    <Box title={isOver ? t('finding.was') : t('finding.now')}>
      <dl class="facts">
        {lines.map(({ name, text }) => (
          <Fact key={name} name={t(`finding.head.${name}`)}>
            {finding.of === 'service' && name === 'seen' ? (
              <Parts of={finding.down} state="down" />
            ) : finding.of === 'service' && name === 'unclear' ? (
              <Parts of={finding.unclear ?? []} state="unknown" />
            ) : (
              text
            )}
          </Fact>
        ))}
      </dl>
    </Box>
  );
}

interface PartsProps {
  of: readonly { id: string; name: string; since?: number | null; finding?: TargetFinding | null }[];
  state: 'down' | 'unknown';
}

/** Each with its page, since when, and what is seen there. */
function Parts({ of, state }: PartsProps) {
  return (
    <>
      {of.map(({ id, name, since, finding }) => (
        <div key={id}>
          <a href={to.endpoint(id)}>{name}</a> <WatchedMark state={state} />
          {since != null && (
            <span class="quiet nowrap">
              {' '}
              · <Ago at={since} />
            </span>
          )}
          {finding && (
            <span class="quiet">
              {' '}
              · {seenText(language.value, finding)} · {finding.address}
            </span>
          )}
        </div>
      ))}
    </>
  );
}
