//! Routes, as operations of `route`.

use mpath_core::{InterfaceName, Route};

use super::{OF_DEFAULT_ROUTER, Op, WITHOUT_INTERFACE, run};
use crate::boot_file::{DEFAULT_ROUTER, Edit};
use crate::way::Way;

/// The line of `/etc/defaultrouter` that a route came from. The routes of groups are kept by `route -p`, which keeps the
/// interface too: without it, a route goes with the address by which its next hop is reached.
fn default_router(route: &Route, way: Way) -> Option<String> {
    let there = way.lasting && route.protocol == OF_DEFAULT_ROUTER;
    route.via.filter(|_| there).map(|via| via.to_string())
}

pub(super) fn add_route(interface: &InterfaceName, route: &Route, way: Way) -> Vec<Op> {
    let Some(router) = default_router(route, way) else {
        return vec![change_route("add", interface, route, way.lasting)];
    };
    let file = Op::BootFile { file: DEFAULT_ROUTER.to_owned(), edit: Edit::Add(router) };
    vec![change_route("add", interface, route, false), file]
}

pub(super) fn remove_route(interface: &InterfaceName, route: &Route, way: Way) -> Vec<Op> {
    let Some(router) = default_router(route, way) else {
        return vec![change_route("delete", interface, route, way.lasting)];
    };
    let file = Op::BootFile { file: DEFAULT_ROUTER.to_owned(), edit: Edit::Drop(router) };
    vec![file, change_route("delete", interface, route, false)]
}

/// The arguments of `route`, as it also keeps them in a file with `-p`.
pub(crate) fn route_words(interface: &InterfaceName, route: &Route) -> Vec<String> {
    let to = if route.is_default() { "default".to_owned() } else { route.to.to_string() };
    let via = route.via.map(|via| via.to_string());
    let mut words = vec![if route.is_ipv6() { "-inet6" } else { "-inet" }.to_owned(), to];
    words.extend(via);
    if !matches!(route.protocol, WITHOUT_INTERFACE | OF_DEFAULT_ROUTER) {
        words.extend(["-ifp".to_owned(), interface.to_string()]);
    }
    words
}

fn change_route(verb: &str, interface: &InterfaceName, route: &Route, lasting: bool) -> Op {
    let words = route_words(interface, route);
    let begin = lasting.then_some("-p").into_iter().chain([verb]);
    run("route", &begin.chain(words.iter().map(String::as_str)).collect::<Vec<_>>())
}
