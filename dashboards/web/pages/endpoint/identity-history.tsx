/** What happened to the identity of an endpoint: credentials, copies, hardware. */
import type { EndpointDetail } from '../../../../shared/api.ts';
import { hardwareParts } from '../../../../shared/identity-kinds.ts';
import { time } from '../../../../shared/words/format.ts';
import { Box } from '../../parts/box.tsx';
import { Moment } from '../../parts/moment.tsx';
import { language, t } from '../../words/words.ts';

type Events = EndpointDetail['identityEvents'];

export function IdentityHistory({ events }: { events: Events }) {
  if (events.length === 0) return null;
  return (
    <Box title={t('identity.history')}>
      <ul class="stack-2">
        {events.map(({ at, kind, by, names, doubtfulSince }) => (
          <li key={`${at}${kind}`}>
            <Moment at={at} shape="long" /> <span class="strong">{t(`identity.event.${kind}`)}</span>{' '}
            <bdi>{namesIn(names)}</bdi> <span class="quiet small">{by ?? t('identity.bySelf')}</span>
            {doubtfulSince !== null && <div>{t('identity.doubtful', spanOf(doubtfulSince, at))}</div>}
          </li>
        ))}
      </ul>
    </Box>
  );
}

/** Hardware and causes in the reader's language; names of machines and endpoints as they are. */
const namesIn = ({ parts, cause, ...names }: Events[number]['names']) =>
  [
    ...hardwareParts.filter((part) => parts?.split(' ').includes(part)).map((part) => t(`identity.part.${part}`)),
    ...(cause === 'authority' ? [t('identity.givenUp')] : []),
    ...Object.values(names),
  ].join(', ');

const spanOf = (from: number, to: number) => ({
  from: time(from, language.value, 'long'),
  to: time(to, language.value, 'long'),
});
