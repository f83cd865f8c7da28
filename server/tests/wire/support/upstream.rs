//! A model server that lists its bad habits as models and has each of them when it is asked.

use serde_json::{Value, json};
use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    thread,
    time::Duration,
};

/// What a model of this server says: the type of its answer, and all of its body.
pub(crate) type Habit = (&'static str, &'static str, Vec<u8>);

/// Starts an OpenAI-compatible server with these models; its address.
pub(crate) fn upstream(habits: Vec<Habit>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/v1", listener.local_addr().unwrap());
    thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            let habits = habits.clone();
            thread::spawn(move || answer(socket, &habits));
        }
    });
    address
}

/// A server that says the same to everybody; its address.
pub(crate) fn saying(status: &'static str, media: &'static str, body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut socket in listener.incoming().flatten() {
            if request(&mut socket).is_some() {
                let _ = socket.write_all(&[head(status, media), body.into()].concat());
            }
        }
    });
    address
}

/// A server with the model `slow`, which says these pieces with a pause before each; its address.
pub(crate) fn trickling(pieces: Vec<String>, pause: Duration) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/v1", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut socket in listener.incoming().flatten() {
            let pieces = pieces.clone();
            thread::spawn(move || {
                let Some((line, body)) = request(&mut socket) else { return };
                if line.starts_with("GET ") {
                    let habits = [("slow", "", Vec::new())];
                    return answer_to(socket, &line, &body, &habits);
                }
                let _ = socket.write_all(&head("200 OK", "text/event-stream"));
                for piece in pieces {
                    thread::sleep(pause);
                    if socket.write_all(piece.as_bytes()).is_err() {
                        return;
                    }
                }
            });
        }
    });
    address
}

/// One frame of an answer.
pub(crate) fn delta(text: &str) -> String {
    format!("data: {}\n\n", json!({ "choices": [{ "delta": { "content": text } }] }))
}

/// What ends an answer.
pub(crate) const END: &str =
    "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

/// The same, for who comes with this key; others are told that theirs is wrong, and which it was.
pub(crate) fn keyed(key: &'static str, habits: Vec<Habit>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for mut socket in listener.incoming().flatten() {
            let habits = habits.clone();
            thread::spawn(move || {
                let Some((head, body)) = received(&mut socket) else { return };
                let bearer = head.to_lowercase().split("authorization: bearer ").nth(1).map(str::to_owned);
                let bearer = bearer.as_deref().and_then(|rest| rest.lines().next());
                if bearer == Some(key) {
                    return answer_to(socket, &head, &body, &habits);
                }
                let said = json!({ "error": { "message": format!("no such key: {bearer:?}") } }).to_string();
                let _ = socket.write_all(&[head_of_json("401 Unauthorized"), said.into_bytes()].concat());
            });
        }
    });
    port
}

fn head_of_json(status: &str) -> Vec<u8> {
    head(status, "application/json")
}

/// A client that has heard enough hangs up, so writing may fail.
fn answer(mut socket: TcpStream, habits: &[Habit]) {
    let Some((head, body)) = received(&mut socket) else { return };
    answer_to(socket, &head, &body, habits);
}

fn answer_to(mut socket: TcpStream, line: &str, body: &[u8], habits: &[Habit]) {
    if line.starts_with("GET /v1/models ") {
        let models: Vec<Value> = habits.iter().map(|(name, ..)| json!({ "id": name })).collect();
        let list = json!({ "object": "list", "data": models }).to_string();
        let _ = socket.write_all(&[head("200 OK", "application/json"), list.into_bytes()].concat());
        return;
    }
    let asked: Value = serde_json::from_slice(body).unwrap();
    let (_, media, said) = habits.iter().find(|(name, ..)| asked["model"] == *name).unwrap();
    let _ = socket.write_all(&head("200 OK", media));
    let _ = socket.write_all(said);
}

/// What comes before a body.
pub(crate) fn head(status: &str, media: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\ncontent-type: {media}\r\nconnection: close\r\n\r\n").into_bytes()
}

/// A request's first line and its body.
pub(crate) fn request(socket: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let (head, body) = received(socket)?;
    Some((head.lines().next()?.to_owned(), body))
}

/// A request's head and its body.
fn received(socket: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let count = socket.read(&mut piece).ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&piece[..count]);
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let length = head
            .to_lowercase()
            .split("content-length: ")
            .nth(1)
            .and_then(|rest| rest.lines().next()?.parse().ok());
        if bytes.len() >= end + 4 + length.unwrap_or(0_usize) {
            return Some((head, bytes[end + 4..].to_vec()));
        }
    }
}
