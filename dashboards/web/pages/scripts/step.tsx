/** A step of a runbook that names a script: a button where the machine of the ticket offers it, else its name. */
import type { TicketDetail } from '../../../../shared/api.ts';
import type { ScriptsView } from '../../../../shared/script.ts';
import { useLoad } from '../../net/load.ts';
import { search, to } from '../../router.ts';
import { t } from '../../words/words.ts';
import { scriptText } from './box.tsx';

export function ScriptStep({ name }: { name: string }) {
  const ticket = Number(new URLSearchParams(search.value).get('ticket')) || null;
  const about = useLoad<TicketDetail>(ticket === null ? null : `tickets/${ticket}`).data?.row.endpoint;
  const view = useLoad<ScriptsView>(about ? `endpoints/${encodeURIComponent(about.id)}/scripts` : null).data;
  const offer = view?.mayRun ? view.list.find((one) => one.name === name && one.problem === null) : undefined;
  if (ticket === null || !about || !offer) return <code>{name}</code>;
  return (
    <a class="button slim" href={`${to.ticket(ticket)}?script=${encodeURIComponent(name)}`}>
      {t('scripts.step', { title: scriptText(offer.title), machine: about.name })}
    </a>
  );
}
