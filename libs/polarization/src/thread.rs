//! Posts that belong together because they answer each other, or because their source says so.

/// Disjoint sets of posts, each known by its place. Posts that answer each other in a circle are one set like any other.
#[derive(Debug, Clone)]
pub struct Threads(Vec<usize>);

impl Threads {
    /// So many posts, each by itself.
    #[must_use]
    pub fn of(posts: usize) -> Self {
        Self((0..posts).collect())
    }

    /// The least place in a post's thread, which names the thread.
    pub fn root(&mut self, mut place: usize) -> usize {
        while self.0[place] != place {
            self.0[place] = self.0[self.0[place]];
            place = self.0[place];
        }
        place
    }

    /// Makes one thread of those of two posts.
    pub fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.0[a.max(b)] = a.min(b);
    }
}
