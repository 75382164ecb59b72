//! The host as the commands see it: a backend, and what it showed last.

use mpath_core::{Backend, BackendError, Snapshot, Step};

/// An opened host.
pub(crate) struct Host {
    pub(crate) backend: Box<dyn Backend>,
    pub(crate) snapshot: Snapshot,
}

impl Host {
    /// Opens it and looks at it once.
    pub(crate) fn open(open: &mut dyn FnMut() -> Result<Box<dyn Backend>, BackendError>) -> Result<Self, BackendError> {
        let mut backend = open()?;
        let snapshot = backend.observe()?;
        Ok(Self { backend, snapshot })
    }

    /// Looks again, after something was changed.
    pub(crate) fn look_again(&mut self) -> Result<(), BackendError> {
        self.snapshot = self.backend.observe()?;
        Ok(())
    }

    /// Sees to it that the snapshot has what is for eyes only.
    pub(crate) fn measure(&mut self) {
        self.backend.measure(&mut self.snapshot);
    }

    /// Looks again at what changes by itself, if that is quicker than to look at everything; tells whether it is.
    pub(crate) fn glance(&mut self) -> Result<bool, BackendError> {
        let seen = self.backend.glance(&self.snapshot)?;
        let is_quicker = seen.is_some();
        self.snapshot = seen.unwrap_or_else(|| std::mem::take(&mut self.snapshot));
        Ok(is_quicker)
    }

    /// Steps as commands that an administrator could type.
    pub(crate) fn commands(&self, steps: &[Step]) -> Vec<String> {
        steps.iter().flat_map(|step| self.backend.explain(step)).collect()
    }
}
