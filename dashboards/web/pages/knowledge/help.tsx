/** What may help with an alert or a ticket: the runbook of its rule, articles, and earlier tickets with what solved them. */
import { useState } from 'preact/hooks';
import type { HelpAtHand } from '../../../../shared/knowledge.ts';
import { useLoad, useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { mayForAll } from '../../net/session.ts';
import { Box, ProblemCallout, Ready } from '../../parts/box.tsx';
import { navigate, to } from '../../router.ts';
import { language, t } from '../../words/words.ts';
import { FoundItems, useSearch } from './found.tsx';
import { InlineArticle } from './text.tsx';
import '../../look/knowledge.css';

interface HelpProps {
  of: 'tickets' | 'alerts';
  id: string | number;
  ticket: number | null;
  /** It is resolved: an article can be made of it. */
  isSolved?: boolean;
}

export function HelpBox({ of, id, ticket, isSolved = false }: HelpProps) {
  const loaded = useLoad<HelpAtHand>(
    `${of}/${encodeURIComponent(id)}/help?language=${language.value}`,
    ({ kind }) => kind === 'article',
  );
  const from = `?from=${of === 'tickets' ? 'ticket' : 'alert'}${ticket === null ? '' : `&ticket=${ticket}`}`;
  return (
    <Box title={t('knowledge.help')} aside={<a href="/knowledge">{t('page.knowledge')}</a>}>
      <Ready of={loaded} lines={3}>
        {({ runbook, articles, tickets, draft }) => (
          <div class="stack at-hand">
            {runbook && (
              <div class="stack-2">
                <h3>{t('rules.part.runbook')}</h3>
                <FoundItems items={[runbook]} from={from} />
              </div>
            )}
            {articles.length > 0 && (
              <div class="stack-2">
                <h3>{t('knowledge.articles')}</h3>
                <FoundItems items={articles} from={from} />
              </div>
            )}
            {tickets.length > 0 && (
              <div class="stack-2">
                <h3>{t('knowledge.earlier')}</h3>
                <FoundItems items={tickets} />
              </div>
            )}
            {!runbook && articles.length + tickets.length === 0 && <p class="quiet">{t('knowledge.noHelp')}</p>}
            {ticket !== null && isSolved && mayForAll('operator') && <MakeDraft ticket={ticket} draft={draft} />}
          </div>
        )}
      </Ready>
    </Box>
  );
}

function MakeDraft({ ticket, draft }: { ticket: number; draft: string | null }) {
  const { busy, problem, send } = useSend();
  const make = () =>
    void send(async () => {
      const body = { ticket, language: language.value };
      const made = await call<{ id: string }>('articles/draft', { method: 'POST', body });
      navigate(`${to.article(made.id)}?edit=1`);
    });
  if (draft !== null) return <a href={to.article(draft)}>{t('knowledge.itsArticle')}</a>;
  return (
    <div class="stack-2">
      {problem && <ProblemCallout problem={problem} />}
      <div>
        <button type="button" class="button" disabled={busy} onClick={make}>
          {t('knowledge.makeDraft')}
        </button>
      </div>
    </div>
  );
}

/** While somebody writes what the matter is: what solves it, so that there need be no ticket. */
export function HelpWhileTyping({ text, onSolved }: { text: string; onSolved: () => void }) {
  const found = useSearch(text.trim().length < 4 ? '' : text, 'article', 3);
  const [open, setOpen] = useState<string | null>(null);
  if (open !== null)
    return (
      <InlineArticle
        id={open}
        place="request"
        ticket={null}
        onClose={() => setOpen(null)}
        onSaid={(solved) => solved && onSolved()}
      />
    );
  if (!found || found.items.length === 0) return null;
  return (
    <section class="stack-2 offered" aria-label={t('knowledge.mayHelp')}>
      <h3>{t('knowledge.mayHelp')}</h3>
      <FoundItems items={found.items} onArticle={setOpen} />
    </section>
  );
}
