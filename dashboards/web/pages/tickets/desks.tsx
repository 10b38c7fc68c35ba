/** Where a ticket stands at desks of others. */
import type { DeskLink } from '../../../../shared/desk.ts';
import { Fact } from '../../parts/fact.tsx';
import { t } from '../../words/words.ts';

function OneLink({ of: { state, name, url, word, assignee, error } }: { of: DeskLink }) {
  if (state === 'gone')
    return (
      <>
        {name} {t('desk.gone')}
      </>
    );
  return (
    <>
      {name === null ? (
        t('desk.opening')
      ) : url ? (
        <a href={url} rel="noreferrer noopener" target="_blank">
          {name}
        </a>
      ) : (
        name
      )}
      {word && <span class="quiet"> · {word}</span>}
      {assignee && <span class="quiet"> · {assignee}</span>}
      {error && (
        <p class="small">
          {t('desk.notThere')} <span lang="en">{error}</span>
        </p>
      )}
    </>
  );
}

/** Facts in the list of the ticket's own. */
export function DeskFacts({ links }: { links: readonly DeskLink[] }) {
  return (
    <>
      {links.map((one) => (
        <Fact key={one.desk} name={t('desk.here', { desk: one.desk })}>
          <OneLink of={one} />
        </Fact>
      ))}
    </>
  );
}
