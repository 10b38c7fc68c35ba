/** What of routes, a policy or own ways does nothing as things are now. */
import type { Doubts } from '../../../../shared/on-call.ts';
import { Callout } from '../../parts/box.tsx';
import { formatReasons } from '../../words/reason.ts';
import { t } from '../../words/words.ts';

export const DoubtsBox = ({ of }: { of: Doubts }) =>
  of.length === 0 ? null : (
    <Callout tone="warning" title={t('onCall.doubts', { n: of.length })}>
      <ul class="plain">
        {of.map(({ at, why }) => (
          <li key={at}>{formatReasons([why])}</li>
        ))}
      </ul>
    </Callout>
  );
