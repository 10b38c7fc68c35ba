/** Words of updates: where an endpoint stands, what its agent says, why a roll-out was stopped. */
import type { EndpointUpdate, StopView, UpdateSummary } from '../../../../shared/agent-update.ts';
import { type UpdatePlace, updatePlaces } from '../../../../shared/update-choices.ts';
import { none, number } from '../../../../shared/words/format.ts';
import { Ago } from '../../parts/moment.tsx';
import { search, withQuery } from '../../router.ts';
import { language, t } from '../../words/words.ts';

export const say = (n: number) => number(n, language.value, Number.isInteger(n) ? 0 : 2);

type UpdateCounts = UpdateSummary['counts'];
export const countOf = (counts: UpdateCounts, place: UpdatePlace): number => counts[place] ?? 0;

/** Before a roll-out, and while it goes on: none is there that has it, or that may come to it by itself. */
export const isForNobody = (counts: UpdateCounts): boolean =>
  (['has', 'turn', 'late', 'waiting', 'offline'] as const).every((place) => countOf(counts, place) === 0);

/** Each number opens the list behind it. */
export function PlaceLinks({ counts }: { counts: UpdateCounts }) {
  const there = updatePlaces.filter((place) => countOf(counts, place) > 0);
  if (there.length === 0) return <>{none}</>;
  return (
    <ul class="plain">
      {there.map((place) => (
        <li key={place}>
          <a href={`/agent-updates${withQuery(search.value, { place })}`}>
            {t(`agentUpdates.place.${place}`)}: {say(countOf(counts, place))}
          </a>
        </li>
      ))}
    </ul>
  );
}

export function saidOf(said: EndpointUpdate['said']) {
  if (!said) return none;
  return (
    <>
      {t(`agentUpdates.agent.${said.state}`)} {said.version} · <Ago at={said.at} />
    </>
  );
}

export const stopText = ({ why, ring, found, limit }: StopView): string =>
  t(`agentUpdates.stopped.${why}`, { ring: t(`agentUpdates.rings.${ring}`), found: say(found), limit: say(limit) });
