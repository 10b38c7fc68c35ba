/** Who is told of what others do with a ticket. */
import { useState } from 'preact/hooks';
import type { TicketDetail } from '../../../../shared/api.ts';
import { useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { may, me } from '../../net/session.ts';
import { Box, ProblemCallout } from '../../parts/box.tsx';
import { Form } from '../../parts/form.tsx';
import { PersonInput } from '../../parts/person-input.tsx';
import { t } from '../../words/words.ts';

export function WatchersBox({ detail: { row, watchers }, onDone }: { detail: TicketDetail; onDone: () => void }) {
  const [name, setName] = useState('');
  const { busy, problem, send } = useSend();
  if (!may('operator')) return null;
  const isIn = watchers.some(({ person }) => person === me.value?.user);
  const post = (path: 'watch' | 'unwatch', body: object) =>
    void send(() => call(`tickets/${row.id}/${path}`, { method: 'POST', body })).then(() => {
      setName('');
      onDone();
    });
  return (
    <Box title={t('ticket.watchers')}>
      <div class="stack-2">
        {problem && <ProblemCallout problem={problem} />}
        <p class="quiet small">{t('ticket.watchersHelp')}</p>
        {watchers.length > 0 && (
          <ul class="stack-2">
            {watchers.map(({ person }) => (
              <li key={person} class="spread">
                {person}
                <button type="button" class="button slim" disabled={busy} onClick={() => post('unwatch', { person })}>
                  {t('ticket.unwatch')}
                  <span class="unseen"> {person}</span>
                </button>
              </li>
            ))}
          </ul>
        )}
        <Form
          class="stack-2"
          busy={busy}
          onSubmit={() => post('watch', { person: name.trim() })}
          word={t('ticket.watchAdd')}
          lacks={name.trim() === '' && t('form.lacks.person')}
          look="slim"
          end={
            !isIn && (
              <button type="button" class="button slim" disabled={busy} onClick={() => post('watch', {})}>
                {t('ticket.watch')}
              </button>
            )
          }
        >
          <PersonInput label={t('ticket.watcher')} value={name} onInput={setName} />
        </Form>
      </div>
    </Box>
  );
}
