//! A host in memory on which things go wrong, and what a kernel says then.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use mpath_core::adoption::LeaveAlone;
use mpath_core::fake::FakeHost;
use mpath_core::{Backend, BackendError, Capabilities, Changes, Counters, Finding, InterfaceName, Snapshot, Step};

/// Whether a step fails, and how.
type StepFault = Box<dyn Fn(&Step) -> Option<BackendError>>;
/// What happens to the host meanwhile.
type HostChange = Box<dyn Fn(&mut FakeHost)>;

/// What goes wrong.
#[derive(Default)]
pub(crate) struct Faults {
    /// The host cannot be opened.
    pub(crate) open: Cell<Option<fn() -> BackendError>>,
    /// Whether a step fails, and how.
    pub(crate) step: RefCell<Option<StepFault>>,
    /// Looks at the host until now.
    pub(crate) looks: Cell<usize>,
    /// Happens before the look of this number.
    pub(crate) before_look: RefCell<Option<(usize, HostChange)>>,
}

/// The host in memory, with faults of the tests' own.
pub(super) struct FaultyHost {
    pub(super) host: Rc<RefCell<FakeHost>>,
    pub(super) faults: Rc<Faults>,
    pub(super) capabilities: Capabilities,
    pub(super) leaves: Rc<RefCell<Vec<LeaveAlone>>>,
}

impl FaultyHost {
    /// Counts a look, and lets happen what is to happen before it.
    fn before_look(&self) {
        let look = self.faults.looks.get() + 1;
        self.faults.looks.set(look);
        if let Some((at, change)) = &*self.faults.before_look.borrow()
            && *at == look
        {
            change(&mut self.host.borrow_mut());
        }
    }
}

impl Backend for FaultyHost {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn observe(&mut self) -> Result<Snapshot, BackendError> {
        self.before_look();
        self.host.borrow_mut().observe()
    }

    fn refresh(&mut self, last: &mut Snapshot, interfaces: &[InterfaceName]) -> Result<(), BackendError> {
        self.before_look();
        self.host.borrow_mut().refresh(last, interfaces)
    }

    fn changes(&mut self) -> Result<Box<dyn Changes>, BackendError> {
        self.host.borrow_mut().changes()
    }

    fn counters(&self, interface: &InterfaceName) -> Option<Counters> {
        self.host.borrow().counters(interface)
    }

    fn diagnose(&mut self, snapshot: &Snapshot, _: Duration) -> Result<Vec<Finding>, BackendError> {
        // As with commands: what people will see of a host that is in memory.
        Ok(mpath_backend_linux::diagnose(snapshot))
    }

    fn leave_alone(&mut self, _: &Snapshot, _: &[InterfaceName]) -> Result<Vec<LeaveAlone>, BackendError> {
        Ok(self.leaves.borrow().clone())
    }

    fn explain(&self, step: &Step) -> Vec<String> {
        // What people will see, and what runs nowhere here.
        mpath_backend_linux::explain(step)
    }

    fn execute(&mut self, step: &Step) -> Result<(), BackendError> {
        let fault = self.faults.step.borrow().as_ref().and_then(|fault| fault(step));
        fault.map_or_else(|| self.host.borrow_mut().execute(step), Err)
    }
}

/// What a kernel says when it does not want to.
pub(crate) fn busy(step: &Step) -> BackendError {
    BackendError::Refused {
        operation: mpath_backend_linux::explain(step).join(" && "),
        errno: Some(16),
        message: Some("not now".to_owned()),
    }
}

/// What a kernel says to somebody who may not.
pub(crate) fn not_permitted() -> BackendError {
    BackendError::NotPermitted { operation: "ip link add bond0 type bond".to_owned(), needs: "CAP_NET_ADMIN" }
}

/// What is said where the driver is missing.
pub(crate) fn no_driver() -> BackendError {
    BackendError::NoDriver {
        reason: "the module bonding is not installed".to_owned(),
        cure: "install the kernel's modules: apt install linux-image-amd64".to_owned(),
    }
}
