/** Who has which tickets, and who knows what: by name, and never an order of people. */
import { useState } from 'preact/hooks';
import type { Workload } from '../../../../shared/ticket-work.ts';
import { useLoad, useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { PageHead, ProblemCallout, Ready } from '../../parts/box.tsx';
import { Form } from '../../parts/form.tsx';
import { Table } from '../../parts/table.tsx';
import { t } from '../../words/words.ts';
import { Priority } from './marks.tsx';

type PersonLoad = Workload['items'][number];

interface SkillsProps {
  of: PersonLoad;
  words: readonly string[];
  onDone: () => void;
}

function SkillsForm({ of: { person, skills }, words, onDone }: SkillsProps) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set(skills));
  const { busy, problem, send } = useSend();
  const toggle = (word: string) => {
    const next = new Set(chosen);
    if (!next.delete(word)) next.add(word);
    setChosen(next);
  };
  const save = async () => {
    const body = { skills: [...chosen] };
    if (await send(() => call(`people/${encodeURIComponent(person)}/skills`, { method: 'PUT', body }))) onDone();
  };
  // What somebody knew already may have gone out of use.
  const all = [...new Set([...words, ...skills])].sort((a, b) => a.localeCompare(b));
  return (
    <Form class="stack-2" busy={busy} problem={problem} onSubmit={save} word={t('common.save')} onCancel={onDone}>
      <fieldset class="stack-2">
        <legend>{t('workload.skillsOf', { name: person })}</legend>
        <p class="quiet small">{t('workload.skillsHelp')}</p>
        <div class="row">
          {all.map((word) => (
            <label key={word} class="check">
              <input type="checkbox" checked={chosen.has(word)} onChange={() => toggle(word)} /> {word}
            </label>
          ))}
        </div>
      </fieldset>
    </Form>
  );
}

function Skills(props: SkillsProps) {
  const { person, skills, mayEdit } = props.of;
  const [isOpen, setOpen] = useState(false);
  const onDone = () => {
    setOpen(false);
    props.onDone();
  };
  if (isOpen) return <SkillsForm {...props} onDone={onDone} />;
  return (
    <span class="row">
      {skills.length === 0 ? <span class="quiet">{t('workload.noSkills')}</span> : skills.join(', ')}
      {mayEdit && (
        <button type="button" class="button slim" onClick={() => setOpen(true)}>
          {t('workload.change')}
          <span class="unseen"> {person}</span>
        </button>
      )}
    </span>
  );
}

export function WorkloadPage() {
  const loaded = useLoad<Workload>('people/workload', (change) => change.kind === 'ticket');
  const link = (person: string, word: string | number) => (
    <a href={`/tickets?assignee=${encodeURIComponent(person)}`}>{word}</a>
  );
  return (
    <>
      <PageHead title={t('page.workload')} lead={t('workload.lead')} />
      <section class="box">
        {loaded.problem && loaded.data !== null && <ProblemCallout problem={loaded.problem} />}
        <Ready of={loaded}>
          {({ items, skillWords }) => (
            <Table
              caption={t('page.workload')}
              rows={items}
              keyOf={({ person }) => person}
              columns={[
                { key: 'person', head: t('workload.person'), cell: ({ person }) => link(person, person) },
                { key: 'open', head: t('workload.open'), right: true, cell: ({ open }) => open },
                {
                  key: 'byPriority',
                  head: t('workload.byPriority'),
                  cell: ({ byPriority }) => (
                    <span class="row">
                      {byPriority.flatMap((n, i) =>
                        n === 0
                          ? []
                          : [
                              <span key={i} class="nowrap">
                                <Priority value={i + 1} /> {n}
                              </span>,
                            ],
                      )}
                      {byPriority.every((n) => n === 0) && '—'}
                    </span>
                  ),
                },
                { key: 'dueSoon', head: t('workload.dueSoon'), right: true, cell: ({ dueSoon }) => dueSoon },
                { key: 'waiting', head: t('workload.waiting'), right: true, cell: ({ waiting }) => waiting },
                { key: 'helps', head: t('workload.helps'), right: true, cell: ({ helps }) => helps },
                {
                  key: 'skills',
                  head: t('workload.skills'),
                  cell: (one) => <Skills of={one} words={skillWords} onDone={loaded.reload} />,
                },
              ]}
            />
          )}
        </Ready>
      </section>
    </>
  );
}
