/** What a search found: articles and tickets, with the lines that say why. */
import { useEffect, useState } from 'preact/hooks';
import type { FoundRow, SearchAnswer } from '../../../../shared/knowledge.ts';
import { useKept, useLoad } from '../../net/load.ts';
import { Icon } from '../../parts/icon.tsx';
import { to } from '../../router.ts';
import { language, t } from '../../words/words.ts';
import { TicketState, titleOf } from '../tickets/marks.tsx';
import { ArticleMarks } from './marks.tsx';
import '../../look/knowledge.css';

/** A key press waits for the next one for so long. */
const restMs = 120;

/** The text once the keys rest. */
export function useRested(text: string): string {
  const [rested, setRested] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setRested(text), restMs);
    return () => clearTimeout(timer);
  }, [text]);
  return rested;
}

/** Null while nothing is asked, or nothing has come yet. */
export function useSearch(text: string, kind: 'article' | null, limit: number): SearchAnswer | null {
  const q = useRested(text).trim();
  const query = new URLSearchParams({ q, language: language.value, limit: String(limit), ...(kind ? { kind } : {}) });
  const found = useKept(useLoad<SearchAnswer>(q === '' ? null : `search?${query}`));
  return q === '' ? null : found;
}

interface FoundProps {
  items: readonly FoundRow[];
  /** Of the address of an article: where it was found. */
  from?: string;
  /** In place of going to an article. */
  onArticle?: (id: string) => void;
}

export const FoundItems = ({ items, from = '', onArticle }: FoundProps) => (
  <ul class="found">
    {items.map((item) => (
      <li key={item.kind + item.id}>
        <Icon name={item.kind === 'article' ? 'book' : 'ticket'} />
        <div class="stack-2">
          <p>
            <Title item={item} from={from} onArticle={onArticle} /> {item.article && <ArticleMarks of={item.article} />}
            {item.ticket && <TicketState state={item.ticket.state} />}
          </p>
          {item.solution ? (
            <p class="quotation">{item.solution}</p>
          ) : (
            item.lines && <p class="quiet small">{item.lines}</p>
          )}
        </div>
      </li>
    ))}
  </ul>
);

function Title({ item, from, onArticle }: { item: FoundRow; from: string; onArticle: FoundProps['onArticle'] }) {
  if (item.ticket)
    return (
      <a href={to.ticket(item.ticket.id)}>
        #{item.ticket.id} {titleOf(item.ticket)}
      </a>
    );
  const title = item.title || t('page.article');
  if (!onArticle) return <a href={`${to.article(item.id)}${from}`}>{title}</a>;
  return (
    <button type="button" class="link" onClick={() => onArticle(item.id)}>
      {title}
    </button>
  );
}
