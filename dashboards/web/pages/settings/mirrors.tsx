/** Mirrors of the series: whether each takes what it is sent, what waits for it, and what it did not get. */
import type { MirrorView } from '../../../../shared/mirror.ts';
import { bytes, number } from '../../../../shared/words/format.ts';
import { useLoad } from '../../net/load.ts';
import { Box, Callout } from '../../parts/box.tsx';
import { Fact } from '../../parts/fact.tsx';
import { Ago } from '../../parts/moment.tsx';
import { language, t } from '../../words/words.ts';

const lookEveryMs = 10_000;
const reasons = ['full', 'out_of_order', 'too_old', 'refused', 'too_large'] as const;

function OneMirror({ of }: { of: MirrorView }) {
  const amount = (samples: number) => number(samples, language.value, 0);
  const lost = reasons.filter((reason) => (of.lost[reason] ?? 0) > 0);
  return (
    <div class="stack">
      <h3>{of.name}</h3>
      {of.trouble !== null && (
        <Callout tone="warning" title={t('mirror.trouble')}>
          <p lang="en">{of.trouble}</p>
          <p>{of.troubleSince !== null && <Ago at={of.troubleSince} />}</p>
        </Callout>
      )}
      <dl class="facts">
        <Fact name={t('mirror.to')}>
          <code>{of.url}</code> ({of.kind})
        </Fact>
        <Fact name={t('mirror.waiting')}>
          {t('mirror.of', {
            waiting: bytes(of.waitingBytes, language.value),
            keep: bytes(of.keepBytes, language.value),
          })}
        </Fact>
        <Fact name={t('mirror.sent')}>
          {amount(of.sent)} {of.sentAt !== null && <Ago at={of.sentAt} />}
        </Fact>
        {lost.map((reason) => (
          <Fact key={reason} name={t(`mirror.lost.${reason}`)}>
            {amount(of.lost[reason] ?? 0)}
          </Fact>
        ))}
      </dl>
    </div>
  );
}

/** Nothing where none is set: they are set in evenkeel.yaml alone. */
export function Mirrors() {
  const { data } = useLoad<{ items: MirrorView[] }>(
    'collector/mirrors',
    ({ kind }) => kind === 'endpoint',
    lookEveryMs,
  );
  if (!data || data.items.length === 0) return null;
  return (
    <Box title={t('mirror.title')}>
      <div class="stack">
        {data.items.map((one) => (
          <OneMirror key={one.name} of={one} />
        ))}
      </div>
    </Box>
  );
}
