/** What of the knowledge base everybody may read: published articles that somebody has marked so. */
import { fail } from '../../shared/errors.ts';
import type { ArticleText } from '../../shared/knowledge.ts';
import type { State } from '../state/database.ts';
import { textsOf } from './articles.ts';
import { type SearchHit, type SearchParts, search } from './search.ts';

export interface PublicReading {
  searchPublic(text: string, language: string): Promise<SearchHit[]>;
  /** One that is not for everybody is refused as one that is not there. @throws EvenkeelError NOT_FOUND */
  publicArticle(id: string): Promise<ArticleText[]>;
  /** A request became a ticket after all: what articles did for whoever asked does not count as its end. */
  withdraw(by: string): Promise<void>;
}

const foundAtMost = 5;

export function createPublicReading(searching: SearchParts): PublicReading {
  const { state } = searching;
  return {
    searchPublic: (text, language) => search(searching, { text, language, limit: foundAtMost, isPublic: true }),
    async publicArticle(id) {
      if (!(await publicArticles(state).select('id').where('id', '=', id).executeTakeFirst()))
        throw fail('NOT_FOUND', { what: 'article', id });
      return textsOf(state, id);
    },
    async withdraw(by) {
      const said = state.updateTable('article_outcomes').set({ solved: 0 }).where('by_user', '=', by);
      await said.where('place', '=', 'request').execute();
    },
  };
}

const publicArticles = (state: State) =>
  state.selectFrom('articles').where('state', '=', 'published').where('is_public', '=', 1);
